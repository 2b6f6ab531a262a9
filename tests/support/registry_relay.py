"""A relay before a registry that speaks plain HTTP, for what a network does: registry_relay.py FOLDER PORT

FOLDER/relay.json is read anew for every connection: { "delay": seconds before each request for a path with "/blobs/",
"cut": bytes of answers after which a connection is cut, "cuts": how many are cut at all (default: 1), "kill": a process
that ends with the first cut, "name": of this setting, whose cuts are counted by themselves }. FOLDER/relay.port gets the port.
"""
import json
import os
import signal
import socket
import sys
import threading
import time

folder, target = sys.argv[1], int(sys.argv[2])
cuts = {}  # by name


def requests(client, server, given):
    """From the client on, with a delay. Whole requests come in one piece: they are small."""
    try:
        while data := client.recv(65536):
            if given.get("delay") and b"/blobs/" in data.split(b"\r\n", 1)[0]:
                time.sleep(given["delay"])
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def answers(client, server, given):
    left, name = given.get("cut"), given.get("name")
    try:
        while data := server.recv(65536):
            if left is not None and cuts.get(name, 0) < given.get("cuts", 1):
                client.sendall(data[:left])
                left -= len(data[:left])
                if left == 0:
                    cuts[name] = cuts.get(name, 0) + 1
                    if given.get("kill"):
                        os.kill(given["kill"], signal.SIGKILL)
                    break
            else:
                client.sendall(data)
    except OSError:
        pass
    for end in (client, server):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()


listener = socket.create_server(("127.0.0.1", 0))
with open(f"{folder}/relay.port.new", "w", encoding="ascii") as file:
    file.write(str(listener.getsockname()[1]))
os.rename(f"{folder}/relay.port.new", f"{folder}/relay.port")
while True:
    client, _ = listener.accept()
    with open(f"{folder}/relay.json", encoding="utf-8") as file:
        given = json.load(file)
    try:
        server = socket.create_connection(("127.0.0.1", target))
    except OSError:  # the registry is gone
        client.close()
        continue
    threading.Thread(target=requests, args=(client, server, given), daemon=True).start()
    threading.Thread(target=answers, args=(client, server, given), daemon=True).start()
