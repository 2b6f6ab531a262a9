"""eager.py URL: asks for a file with the least possible delay after the connection stands, until there is an answer to it. Prints
the answer's first line."""

import socket
import sys
import urllib.parse

TRIES = 5000
url = urllib.parse.urlsplit(sys.argv[1])
question = ("HEAD %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % url.path).encode()


def ask():
    with socket.socket() as connection:
        connection.connect((url.hostname, url.port))
        try:
            connection.sendall(question)
            return connection.recv(1 << 12)
        except ConnectionError:  # it was closed before it could ask
            return b""


for _ in range(TRIES):
    answer = ask()
    if answer:
        print(answer.split(b"\r\n")[0].decode())
        sys.exit()
sys.exit("never answered")
