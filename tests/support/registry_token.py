"""What stands beside a registry: its token server, and the storage that it redirects to. registry_token.py FOLDER

FOLDER/token.json is read anew for every request: { "service", "issuer", "users": { name: password }, "refresh":
{ refresh token: name }, "writers": [ name ], "anonymous": [ repository that anybody may pull ], "life": seconds that the
registry takes a token, "says": what expires_in says of it (null: nothing), "members": [ "token", "access_token" ],
"status": an answer without a token, "tls": [ certificate, key ] }. FOLDER/token.pem and token.key sign, FOLDER/store
is the storage. FOLDER/requests.jsonl gets what was asked, FOLDER/port the port.
Specifications: distribution's token authentication, its OAuth 2 form, RFC 7515 (JWS).
"""
import base64
import json
import os
import subprocess
import sys
import threading
import time
from urllib.parse import parse_qs, unquote, urlsplit

import small_http

folder = sys.argv[1]
lock = threading.Lock()
LEEWAY = 60  # seconds for which docker-registry takes a token after its end


def settings():
    with open(f"{folder}/token.json", encoding="utf-8") as file:
        return json.load(file)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def certificate():
    with open(f"{folder}/token.pem", encoding="ascii") as file:
        return "".join(line.strip() for line in file if not line.startswith("-"))


def signed(claims):
    head = {"typ": "JWT", "alg": "RS256", "x5c": [certificate()]}
    text = b".".join(base64url(json.dumps(part).encode()) for part in (head, claims))
    made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", f"{folder}/token.key"], input=text,
                          stdout=subprocess.PIPE, check=True)
    return (text + b"." + base64url(made.stdout)).decode()


def granted(given, user, scopes):
    """What of `repository:NAME:pull,push` that user may do."""
    access = []
    for kind, name, actions in (scope.rsplit(":", 1)[0].split(":", 1) + [scope.rsplit(":", 1)[1]] for scope in scopes):
        may = {"pull", "push"} if user in given["writers"] else {"pull"} if user or name in given["anonymous"] else set()
        allowed = [action for action in actions.split(",") if action in may]
        if allowed:
            access.append({"type": kind, "name": name, "actions": allowed})
    return access


def answer(given, user, scopes):
    now = int(time.time())
    claims = {"iss": given["issuer"], "sub": user or "", "aud": given["service"], "iat": now, "nbf": now - 1,
              "exp": now + 1 + given["life"] - LEEWAY, "jti": os.urandom(8).hex(), "access": granted(given, user, scopes)}
    token = signed(claims)
    said = {member: token for member in given["members"]}
    said["issued_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    if given["says"] is not None:
        said["expires_in"] = given["says"]
    return said


class Handler(small_http.Handler):
    def note(self, **more):
        asked = {"method": self.method, "path": urlsplit(self.path).path,
                 "authorization": self.headers.get("Authorization"), **more}
        with lock, open(f"{folder}/requests.jsonl", "a", encoding="utf-8") as log:
            log.write(json.dumps(asked) + "\n")

    def reply(self, status, body, kind="application/json", headers=()):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": kind, **dict(headers)}
        if status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="tokens"'
        self.send(status, headers, data)

    def basic(self, given):
        """(user or None for anybody, are the credentials right?)"""
        kind, _, value = (self.headers.get("Authorization") or "").partition(" ")
        if kind.lower() != "basic":
            return None, not kind
        user, _, password = base64.b64decode(value).decode().partition(":")
        return user, given["users"].get(user) == password

    def give(self, given, user, scopes, right, **more):
        if given.get("status"):
            self.reply(given["status"], {"details": "this token server is told not to"})
        elif not right:
            self.reply(401, {"details": "incorrect username or password"})
        else:
            self.reply(200, {**answer(given, user, scopes), **more})

    def answer(self):
        given = settings()
        if self.method == "POST":
            return self.posted(given)
        query = parse_qs(urlsplit(self.path).query)
        self.note(query=query)
        if self.path.startswith("/docker/"):
            return self.stored()
        if query.get("service") != [given["service"]]:
            return self.reply(400, {"details": "which service?"})
        user, right = self.basic(given)
        # A scope may hold several, divided by spaces.
        self.give(given, user, " ".join(query.get("scope", [])).split(), right)

    def posted(self, given):
        form = {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        self.note(form=form, type=self.headers.get("Content-Type"))
        if form.get("service") != given["service"] or not form.get("client_id"):
            return self.reply(400, {"error": "invalid_request"})
        user, refresh = None, form.get("refresh_token")
        if form.get("grant_type") == "refresh_token":
            user = given["refresh"].get(refresh)
        elif form.get("grant_type") == "password" and given["users"].get(form.get("username")) == form.get("password"):
            user, refresh = form["username"], "refresh-of-" + form["username"]
        scope = form.get("scope", "")
        self.give(given, user, scope.split(), user, refresh_token=refresh, scope=scope)

    def stored(self):
        path = os.path.realpath(f"{folder}/store{unquote(urlsplit(self.path).path)}")
        if not path.startswith(os.path.realpath(f"{folder}/store") + "/") or not os.path.isfile(path):
            return self.reply(404, b"", "text/plain")
        with open(path, "rb") as file:
            data = file.read()
        begin = (self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0]
        self.reply(206 if self.headers.get("Range") else 200, data[int(begin):], "application/octet-stream",
                   {"Content-Range": f"bytes {begin}-{len(data) - 1}/{len(data)}"} if self.headers.get("Range") else {})


listener, tls = small_http.listen(), settings().get("tls")
if tls:
    import ssl  # takes long to load
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
with open(f"{folder}/port.new", "w", encoding="ascii") as file:
    file.write(str(listener.getsockname()[1]))
os.rename(f"{folder}/port.new", f"{folder}/port")
small_http.serve(listener, Handler, tls and context)
