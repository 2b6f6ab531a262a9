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
import sys
import threading
import time

import small_http

MANY_SECONDS = 20  # for which "together" waits


def tls_context(folder, anyone):
    """Of a folder with ca.pem, cert.pem and key.pem. Clients must have a certificate of that authority, too, unless anyone
    may connect."""
    import ssl  # a third of what the start of this program takes; few servers need it
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder + "/ca.pem")
    context.verify_mode = ssl.CERT_NONE if anyone else ssl.CERT_REQUIRED
    context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
    return context


def body_of(reply):
    if "json" in reply:
        return json.dumps(reply["json"]).encode()
    if "file" in reply:
        with open(reply["file"], "rb") as content:
            return content.read()
    return reply.get("body", "").encode() + reply.get("repeat", "").encode() * reply.get("times", 0)


class Stand:
    """One server: its script, whose turn it is, who has connected."""

    def __init__(self, folder, socket_path=None, tls=None, anyone=False):
        self.folder = folder
        self.turns, self.lock, self.barriers, self.open = {}, threading.Lock(), {}, set()
        with open(os.path.join(folder, "script.json"), encoding="utf-8") as file:
            self.script = json.load(file)
        self.listener = small_http.listen(socket_path)
        self.port = 0 if socket_path else self.listener.getsockname()[1]
        server = (self.listener, lambda connection: Handler(connection, self), tls and tls_context(tls, anyone))
        threading.Thread(target=small_http.serve, args=server, daemon=True).start()

    def stop(self):
        for each in [self.listener, *(handler.connection for handler in list(self.open))]:  # as the end of a process would
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listener.close()

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


class Handler(small_http.Handler):
    def __init__(self, connection, stand):
        super().__init__(connection)
        self.stand = stand
        stand.open.add(self)

    def run(self, tls=None):
        super().run(tls)
        self.stand.open.discard(self)

    def answer(self):
        asked = {"method": self.method, "path": self.path, "headers": self.headers,
                 "body": self.body.decode("utf-8", "replace")}
        with self.stand.lock, open(os.path.join(self.stand.folder, "requests.jsonl"), "a", encoding="utf-8") as log:
            log.write(json.dumps(asked) + "\n")
        reply = self.stand.answer_for(self.method, self.path)
        if "together" in reply:
            self.stand.wait_for_others(reply["together"])
        time.sleep(reply.get("delay", 0))
        payload = body_of(reply)
        length = reply.get("length", len(payload))
        self.connection.sendall(self.head(reply.get("status", 200), reply.get("headers", {}), length))
        if self.method != "HEAD":
            self.send_pieces(payload[: len(payload) // 2] if reply.get("cut") else payload, **reply.get("drip", {}))
        if reply.get("cut") or "length" in reply:
            self.ends = True

    def send_pieces(self, payload, size=None, every=0):
        """All at once, or so many bytes every so many seconds."""
        for start in range(0, len(payload), size or len(payload) or 1):
            self.connection.sendall(payload[start : start + (size or len(payload))])
            time.sleep(every)


class Control(small_http.Handler):
    stands = {}

    def answer(self):
        given, answer = json.loads(self.body), {}
        if self.path == "/start":
            stand = Stand(given["folder"], given.get("socket"), given.get("tls"), given.get("anyone"))
            Control.stands[given["folder"]] = stand
            answer = {"port": stand.port}
        else:
            Control.stands.pop(given["folder"]).stop()
        self.send(200, {}, json.dumps(answer).encode())


def end_with_owner(owner):
    while os.path.exists(f"/proc/{owner}"):
        time.sleep(0.5)
    os._exit(0)


def main(owner):
    control = small_http.listen()
    threading.Thread(target=end_with_owner, args=(owner,), daemon=True).start()
    print(os.getpid(), control.getsockname()[1], flush=True)
    small_http.serve(control, Control)


main(int(sys.argv[1]))
