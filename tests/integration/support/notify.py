"""The receiving end of NOTIFY_SOCKET: binds the datagram socket of the first argument, prints "bound", then prints each
message as a JSON string on its own line."""
import json
import socket
import sys

manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
print('"bound"', flush=True)
while True:
    print(json.dumps(manager.recv(65536).decode()), flush=True)
