"""An HTTP server that answers as a script says: stand_in.py FOLDER OWNER [SOCKET].

FOLDER/script.json: { "GET /path": [ { "status": 200, "headers": {}, "body": "…" | "json": … | "file": "PATH",
"repeat": "x", "times": 1000, "delay": 0.1, "cut": true,
"drip": { "size": 10, "every": 0.1 } }, … ], … }. The answers of a route come in turn, the last one for
ever; a path in the script without a query matches any. FOLDER/requests.jsonl gets what was asked, FOLDER/port the port.
It ends when the process OWNER has, for whoever forgot to stop it or could not.
"""
import json
import os
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder = sys.argv[1]
owner = int(sys.argv[2])
socket_path = sys.argv[3] if len(sys.argv) > 3 else None
with open(os.path.join(folder, "script.json"), encoding="utf-8") as file:
    script = json.load(file)
turns, lock = {}, threading.Lock()


def answer_for(method, path):
    for key in (f"{method} {path}", f"{method} {path.split('?')[0]}", "*"):
        if key in script:
            with lock:
                turn = turns.get(key, 0)
                turns[key] = turn + 1
            answers = script[key]
            return answers[min(turn, len(answers) - 1)]
    return {"status": 404, "json": {"message": f"no {method} {path} in the script"}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = socket_path is None  # head and body are written apart: else each answer takes 40 ms

    def log_message(self, *_):
        pass

    def address_string(self):
        return "stand-in"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("utf-8", "replace")
        asked = {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body}
        with lock, open(os.path.join(folder, "requests.jsonl"), "a", encoding="utf-8") as log:
            log.write(json.dumps(asked) + "\n")
        reply = answer_for(self.command, self.path)
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
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if self.command != "HEAD":
            try:
                self.send(payload[: len(payload) // 2] if reply.get("cut") else payload, **reply.get("drip", {}))
            except OSError:  # the client has gone, as some tests do
                self.close_connection = True
        if reply.get("cut"):
            self.close_connection = True

    def send(self, payload, size=None, every=0):
        """All at once, or so many bytes every so many seconds."""
        for start in range(0, len(payload), size or len(payload) or 1):
            self.wfile.write(payload[start : start + (size or len(payload))])
            time.sleep(every)

    do_GET = do_POST = do_DELETE = do_HEAD = do_PUT = answer


def end_with_owner():
    while os.path.exists(f"/proc/{owner}"):
        time.sleep(0.5)
    os._exit(0)


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


if socket_path:
    server = UnixServer(socket_path, Handler)
    port = 0
else:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
threading.Thread(target=end_with_owner, daemon=True).start()
with open(os.path.join(folder, "port.new"), "w", encoding="utf-8") as file:
    file.write(str(port))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
