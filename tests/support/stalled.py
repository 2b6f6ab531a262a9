"""stalled.py URL: more fetches than a server admits at once ask for the URL and read nothing, so that a fetch of ten bytes has
to wait. Then they leave, and that fetch is answered: prints its status and how many bytes came.

They take little into their buffers, and in short segments, for which the server's buffers stay small too: what it sends to
connections that stand still is work for nothing."""

import socket
import sys
import threading
import urllib.parse

FETCHES = 300
url = urllib.parse.urlsplit(sys.argv[1])


def fetch(headers="", buffer=None):
    connection = socket.socket()
    if buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    connection.connect((url.hostname, url.port))
    connection.sendall(("GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n" % (url.path, headers)).encode())
    return connection


def read_all(connection):
    pieces = iter(lambda: connection.recv(1 << 16), b"")
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    print(head.split()[1].decode() if head else "no answer", len(body), "of 10")


stalled = [fetch(buffer=4096) for _ in range(FETCHES)]
waiting = fetch("Range: bytes=0-9\r\n")
waiting.settimeout(0.2)
try:
    waiting.recv(1)
    sys.exit("the fetch did not have to wait")
except socket.timeout:
    waiting.settimeout(600)
reader = threading.Thread(target=read_all, args=(waiting,))
reader.start()
for connection in stalled:
    connection.close()
reader.join()
