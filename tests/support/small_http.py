"""What the servers of the specs speak of HTTP/1.1: heads of requests and answers, bodies of a known length.

Python's http.server does it, too, but it loads email, html, ssl and more, and starting it takes four times as long: most
servers here start for one spec file and answer a few dozen requests.
"""
import re
import socket
import threading
import time

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")


class Headers(dict):
    """By the names that were sent; get() ignores case."""

    def get(self, wanted, default=None):
        return next((value for name, value in self.items() if name.lower() == wanted.lower()), default)


def read_headers(file):
    headers = Headers()
    while line := file.readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = line.partition(":")
        headers.setdefault(name, value.strip())
    return headers


class Handler:
    """A connection. Subclasses answer() a request from method, path, headers and body, and may set `ends`."""

    def __init__(self, connection):
        self.connection, self.ends = connection, False

    def run(self, tls=None):
        try:
            if tls:
                self.connection = tls.wrap_socket(self.connection, server_side=True)
            with self.connection, self.connection.makefile("rb") as self.file:
                while not self.ends and self.read():
                    if self.method in METHODS:
                        self.answer()
                    else:
                        self.send(501, {}, b"")
        except OSError:  # the client has gone, or does not trust us
            pass

    def read(self):
        """Reads a request. False if there is none."""
        line = self.file.readline().decode("latin-1")
        request = re.fullmatch(r"(\S+) (\S+) (HTTP/1\.[01])\r\n", line)
        if not request:  # the end, or something else, such as the beginning of TLS
            self.connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" if line else b"")
            return False
        self.method, self.path, version = request.groups()
        self.headers = read_headers(self.file)
        self.ends = version == "HTTP/1.0" or self.headers.get("Connection", "").lower() == "close"
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.body = self.file.read(int(self.headers.get("Content-Length", 0)))
        return True

    def head(self, status, headers, length):
        """The head of an answer whose body is so long, or is said to be."""
        if Headers(headers).get("Connection") == "close":
            self.ends = True
        lines = [f"HTTP/1.1 {status} ", time.strftime("Date: %a, %d %b %Y %H:%M:%S GMT", time.gmtime()),
                 *(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {length}", "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def send(self, status, headers, body):
        self.connection.sendall(self.head(status, headers, len(body)) + (b"" if self.method == "HEAD" else body))


def listen(path=None):
    """A listening socket: on a port of 127.0.0.1, or at a path."""
    if path:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
    else:
        listener = socket.create_server(("127.0.0.1", 0))
        # Its connections have it from there. Without it a second piece of an answer comes 40 ms after the first.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def serve(listener, handler, tls=None):
    """Until the listener is shut down. Each connection has a handler, and a thread. `tls` is an ssl.SSLContext."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=handler(connection).run, args=(tls,), daemon=True).start()
