"""HTTP servers that answer as scripts say: stand_in.py OWNER. One process has all servers of a spec file.

It writes its process id and a control port, where it reads commands: POST /start {"folder": F, "socket": PATH or absent}
starts a server, POST /stop {"folder": F} ends it.

F/script.json: { "GET /path": [ { "status": 200, "headers": {}, "body": "…" | "json": … | "file": "PATH",
"repeat": "x", "times": 1000, "delay": 0.1, "cut": true, "length": 5 (what Content-Length says), "together": 2,
"drip": { "size": 10, "every": 0.1 } }, … ], … }. The answers of a route come in turn, the last one for
ever; a path in the script without a query matches any. "together": the answer waits until so many requests wait for such
answers. F/requests.jsonl gets what was asked. The process ends when OWNER has, for whoever forgot to stop a server.
"""
import json
import os
import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MANY_SECONDS = 20  # for which "together" waits


class Stand:
    """One server: its script, whose turn it is, who has connected."""

    def __init__(self, folder, socket_path=None, tls=None, anyone=False):
        self.folder = folder
        self.turns, self.lock, self.barriers, self.open = {}, threading.Lock(), {}, set()
        with open(os.path.join(folder, "script.json"), encoding="utf-8") as file:
            self.script = json.load(file)
        handler = type("StandHandler", (Handler,), {
            "stand": self,
            # Head and body are written apart: without it each answer takes 40 ms.
            "disable_nagle_algorithm": socket_path is None,
        })
        kind, address = (UnixServer, socket_path) if socket_path else (TcpServer, ("127.0.0.1", 0))
        self.server = kind(address, handler)
        self.server.stand = self
        if tls:  # a folder with ca.pem, cert.pem and key.pem
            import ssl  # a fifth of what the start of this program takes; few servers need it
            # clients must have a certificate of that authority, too, unless anyone may connect
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tls + "/ca.pem")
            context.verify_mode = ssl.CERT_NONE if anyone else ssl.CERT_REQUIRED
            context.load_cert_chain(tls + "/cert.pem", tls + "/key.pem")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = 0 if socket_path else self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def answer_for(self, method, path):
        for key in (f"{method} {path}", f"{method} {path.split('?')[0]}", "*"):
            if key in self.script:
                with self.lock:
                    turn = self.turns.get(key, 0)
                    self.turns[key] = turn + 1
                answers = self.script[key]
                return answers[min(turn, len(answers) - 1)]
        return {"status": 404, "json": {"message": f"no {method} {path} in the script"}}

    def wait_for_others(self, count):
        with self.lock:
            barrier = self.barriers.setdefault(count, threading.Barrier(count, timeout=MANY_SECONDS))
        try:
            barrier.wait()
        except threading.BrokenBarrierError:
            pass


class Tracked:
    """Knows its connections, so that they end with it, as a process's would."""

    daemon_threads = True
    stand = None

    def process_request(self, request, client_address):
        self.stand.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.stand.open.discard(request)
        super().shutdown_request(request)


class TcpServer(Tracked, ThreadingHTTPServer):
    pass


class UnixServer(Tracked, socketserver.ThreadingUnixStreamServer):
    pass


class Handler(BaseHTTPRequestHandler):
    stand = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def address_string(self):
        return "stand-in"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("utf-8", "replace")
        asked = {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body}
        with self.stand.lock, open(os.path.join(self.stand.folder, "requests.jsonl"), "a", encoding="utf-8") as log:
            log.write(json.dumps(asked) + "\n")
        reply = self.stand.answer_for(self.command, self.path)
        if "together" in reply:
            self.stand.wait_for_others(reply["together"])
        time.sleep(reply.get("delay", 0))
        if "json" in reply:
            payload = json.dumps(reply["json"]).encode()
        elif "file" in reply:
            with open(reply["file"], "rb") as content:
                payload = content.read()
        else:
            payload = reply.get("body", "").encode() + reply.get("repeat", "").encode() * reply.get("times", 0)
        self.send_response(reply.get("status", 200))
        for name, value in reply.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(reply.get("length", len(payload))))
        self.end_headers()
        if self.command != "HEAD":
            try:
                self.send(payload[: len(payload) // 2] if reply.get("cut") else payload, **reply.get("drip", {}))
            except OSError:  # the client has gone, as some tests do
                self.close_connection = True
        if reply.get("cut") or "length" in reply:
            self.close_connection = True

    def send(self, payload, size=None, every=0):
        """All at once, or so many bytes every so many seconds."""
        for start in range(0, len(payload), size or len(payload) or 1):
            self.wfile.write(payload[start : start + (size or len(payload))])
            time.sleep(every)

    do_GET = do_POST = do_DELETE = do_HEAD = do_PUT = answer


class Control(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    stands = {}

    def log_message(self, *_):
        pass

    def do_POST(self):
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {}
        if self.path == "/start":
            stand = Stand(given["folder"], given.get("socket"), given.get("tls"), given.get("anyone"))
            Control.stands[given["folder"]] = stand
            answer = {"port": stand.port}
        else:
            Control.stands.pop(given["folder"]).stop()
        payload = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)


def end_with_owner(owner):
    while os.path.exists(f"/proc/{owner}"):
        time.sleep(0.5)
    os._exit(0)


def main(owner):
    control = ThreadingHTTPServer(("127.0.0.1", 0), Control)
    threading.Thread(target=end_with_owner, args=(owner,), daemon=True).start()
    print(os.getpid(), control.server_address[1], flush=True)
    control.serve_forever()


main(int(sys.argv[1]))
