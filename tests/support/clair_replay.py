"""A Clair for tests: answers by a script, fetches layers as a real one would, and writes down what it was asked.

It listens on a port of 127.0.0.1, and writes its process id and the port.

PUT /.script takes a script, in place of the one before, and forgets everything; GET /.requests gives what was asked
since: [{ "method", "path", "body", "authorization", "content_type", "time" }].

The script: { "rules": [rule, …], "exchanges": FILE, "chain": NAME, "fetch": bool, "careless": bool, "key": base64, "issuer": … }. The first
rule that fits a request answers it:

    { "method": "POST", "path": "/v1/layers",   a pattern for the whole path
      "times": 3,                               then it is used up
      "status": 500, "headers": {}, "body": …,  text, or anything else as JSON; "{hash}" is the image's, "{layer:0}" the
                                                digest of the first layer that was posted
      "note": "address answers 404",            the recorded answer of that note
      "fault": "half" | "reset" | "never" | "die" }

A Clair that is careless takes layers that it cannot fetch for good ones.

Where no rule fits, a recorded conversation ("exchanges", with Clair v2) is replayed: the posted layer's place in its chain
picks the answer to that place of the recorded chain, its names put in place of the recorded ones.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import socket
import threading
import time

import small_http

lock = threading.Lock()


class Session:
    def __init__(self, script):
        self.script = script
        self.recorded = json.load(open(script["exchanges"]))["exchanges"] if script.get("exchanges") else []
        self.requests = []
        self.names = []                      # of the layers that were posted, in order, as v1 has them
        self.manifest = {"hash": "", "layers": []}


session = Session({})


def fetch(url, headers, digest=None):
    """None, or why it could not be had."""
    try:
        address, host, port, path = re.fullmatch(r"http://(\[?([^/:]*|[^]]*)\]?(?::(\d+))?)(/.*)", url).groups()
        # A chroot may have no /etc/hosts; curl does not ask the resolver for this name either.
        place = ("127.0.0.1" if host == "localhost" else host, int(port or 80))
        with socket.create_connection(place, timeout=20) as connection, connection.makefile("rb") as answer:
            lines = [f"GET {path} HTTP/1.1", f"Host: {address}", "Connection: close",
                     *(f"{name}: {v if isinstance(v, str) else v[0]}" for name, v in (headers or {}).items()), "", ""]
            connection.sendall("\r\n".join(lines).encode("latin-1"))
            status, promised = answer.readline().split()[1].decode(), small_http.read_headers(answer).get("Content-Length")
            if status != "200":
                return "unexpected status " + status
            running, length = hashlib.sha256(), 0
            while chunk := answer.read(1 << 16):
                running.update(chunk)
                length += len(chunk)
            if length != int(promised):
                return "unexpected EOF"
            if digest and digest != "sha256:" + running.hexdigest():
                return "fetcher: validation failed"
    except Exception as error:
        return str(error)


def authorized(script, header):
    if not script.get("key"):
        return True
    unpad = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    try:
        head, body, signature = header.removeprefix("Bearer ").split(".")
        expected = hmac.new(base64.b64decode(script["key"]), (head + "." + body).encode(), hashlib.sha256).digest()
        claims, now = json.loads(unpad(body)), time.time()
        return (hmac.compare_digest(expected, unpad(signature)) and claims["iss"] == script["issuer"]
                and claims["nbf"] - 15 <= now <= claims["exp"] + 15)
    except Exception:
        return False


def of_note(session, note):
    answer = next(e["response"] for e in session.recorded if e["note"] == note)
    return answer["status"], answer["headers"], answer["body"]


def renamed(session, text):
    for i, name in enumerate(session.names):
        text = re.sub(r"%s-%d\b" % (re.escape(session.script.get("chain", "-")), i), name, text)
    return text


def replay_post(session, layer):
    if session.script.get("fetch", True) and fetch(layer["Path"], layer.get("Headers")):
        return of_note(session, "address answers 404")
    with lock:
        if layer["Name"] not in session.names:
            if layer.get("ParentName") and layer["ParentName"] not in session.names:
                return of_note(session, "unknown parent")
            session.names.append(layer["Name"])
    wanted = '"Name": "%s-%d"' % (session.script["chain"], session.names.index(layer["Name"]))
    for exchange in session.recorded:
        if exchange["request"]["method"] == "POST" and wanted in (exchange["request"]["body"] or ""):
            answer = json.loads(exchange["response"]["body"])
            answer["Layer"].update(layer)
            return exchange["response"]["status"], exchange["response"]["headers"], json.dumps(answer)


def replay(session, method, path, body):
    """(status, headers, body) of the recorded conversation, or None."""
    if method == "POST" and path == "/v1/layers" and session.script.get("chain"):
        return replay_post(session, json.loads(body)["Layer"])
    for exchange in session.recorded:
        request, answer = exchange["request"], exchange["response"]
        if request["method"] == method and renamed(session, request["path"]) == path:
            return answer["status"], answer["headers"], renamed(session, answer["body"])


def fill(session, text, about):
    asked = re.search(r"sha256:[0-9a-f]+", about)  # several scans may be under way
    text = text.replace("{hash}", asked[0] if asked else session.manifest["hash"])
    return re.sub(r"\{layer:(\d+)\}", lambda found: session.manifest["layers"][int(found[1])]["hash"], text)


def index(session, body):
    """What v4's indexer does first: reads the manifest, and the layers. None, or an error's (status, body)."""
    posted = json.loads(body)
    session.manifest = posted
    for layer in posted["layers"]:
        why = session.script.get("fetch", True) and fetch(layer["uri"], layer.get("headers"), layer["hash"])
        if why and not session.script.get("careless"):
            message = "failed to start scan: failed to fetch layers: layer %s: %s" % (layer["hash"], why)
            return 500, {"code": "internal-error", "message": message}
    return None


class Handler(small_http.Handler):
    def rule_for(self, session):
        with lock:
            for rule in session.script.get("rules", []):
                if rule.get("method", self.method) != self.method or not re.fullmatch(rule["path"], self.path):
                    continue
                if rule.get("times") == 0:
                    continue
                if "times" in rule:
                    rule["times"] -= 1
                return rule

    def reply(self, status, headers, body, promised=None):
        body, own = body.encode(), ("content-length", "connection", "date", "server", "transfer-encoding")
        kept = {name: value for name, value in headers.items() if name.lower() not in own}
        self.connection.sendall(self.head(status, kept, promised or len(body)) + body)

    def fail(self, fault, body):
        if fault == "die":
            os._exit(1)
        if fault == "never":
            time.sleep(60)
        if fault == "half":
            self.reply(200, {}, body[:len(body) // 2], len(body))
        self.ends = True

    def by_rule(self, session, rule, body):
        text = rule.get("body", "")
        text = text if isinstance(text, str) else json.dumps(text)
        if self.method == "POST" and rule.get("status") == 201 and self.path.endswith("/index_report"):
            refused = index(session, body)
            if refused:
                return self.reply(refused[0], {}, json.dumps(refused[1]))
        if rule.get("fault"):
            return self.fail(rule["fault"], fill(session, text, self.path + body) or '{"Layer":{}}')
        if rule.get("note"):
            return self.reply(*of_note(session, rule["note"]))
        if rule.get("renamed"):
            text = renamed(session, text)
        self.reply(rule["status"], rule.get("headers", {}), fill(session, text, self.path + body))

    def control(self, body):
        global session
        if self.path == "/.requests":
            return self.reply(200, {}, json.dumps(session.requests))
        session = Session(json.loads(body))
        self.reply(200, {}, "")

    def answer(self):
        body = self.body.decode()
        if self.path.startswith("/."):
            return self.control(body)
        now, authorization = session, self.headers.get("Authorization", "")
        now.requests.append({"method": self.method, "path": self.path, "body": body, "authorization": authorization,
                             "content_type": self.headers.get("Content-Type", ""), "time": time.time()})
        if not authorized(now.script, authorization):
            return self.reply(401, {}, "")
        rule = self.rule_for(now)
        if rule:
            return self.by_rule(now, rule, body)
        found = replay(now, self.method, self.path, body)
        self.reply(*(found or (404, {"Content-Type": "text/plain; charset=utf-8"}, "404 page not found\n")))


listener = small_http.listen()
print(os.getpid(), listener.getsockname()[1], flush=True)
small_http.serve(listener, Handler)
