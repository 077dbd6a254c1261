"""systemd's end of NOTIFY_SOCKET: binds the datagram socket named by the first argument, says "bound", and prints what
it is told, a JSON string a line."""
import json
import socket
import sys

manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
print('"bound"', flush=True)
while True:
    print(json.dumps(manager.recv(65536).decode()), flush=True)
