"""Forwards packets between two network devices and drops, repeats and delays them by rules.

    forwarder.py forward LEFT RIGHT   reads rules from stdin, one per line: DIRECTION KEY=NUMBER...
                                      DIRECTION: right (from LEFT to RIGHT), left, both
                                      drop, repeat: share of the packets; min_delay, max_delay: in seconds
    forwarder.py plain DEVICE...      makes devices send whole packets with checksums, as on a cable

`tc netem` does the same, but not every kernel has it.
"""
import ctypes
import fcntl
import heapq
import random
import select
import socket
import struct
import sys
import time

ETH_P_ALL = 3
PACKET_OUTGOING = 4
SIOCETHTOOL = 0x8946
ETHTOOL_STXCSUM = 0x17  # without checksum offload there is no segmentation offload either


def make_plain(device):
    """Virtual devices leave checksums to the next physical device, which does not exist here."""
    order = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 0))
    request = struct.pack("16sP", device.encode(), ctypes.addressof(order))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, request)


def open_device(device):
    """Waits for the device, which is moved into this namespace during the start."""
    for _ in range(500):
        try:
            packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            packets.bind((device, ETH_P_ALL))
            return packets
        except OSError:
            time.sleep(0.02)
    sys.exit(f"forwarder: device {device} does not exist")


class Direction:
    """One direction."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.rules = {"drop": 0.0, "repeat": 0.0, "min_delay": 0.0, "max_delay": 0.0}

    def receive(self, waiting):
        try:
            packet, address = self.source.recvfrom(65536)
        except OSError:
            return  # the link is down; it may come up again
        if address[2] == PACKET_OUTGOING or random.random() < self.rules["drop"]:
            return
        for _ in range(2 if random.random() < self.rules["repeat"] else 1):
            due = time.monotonic() + random.uniform(self.rules["min_delay"], self.rules["max_delay"])
            heapq.heappush(waiting, (due, random.random(), packet, self.target))


def send_due(waiting):
    while waiting and waiting[0][0] <= time.monotonic():
        _, _, packet, target = heapq.heappop(waiting)
        try:
            target.send(packet)
        except OSError:
            pass  # the link is down


def forward(left, right):
    ends = [open_device(left), open_device(right)]
    directions = {"right": Direction(*ends), "left": Direction(*reversed(ends))}
    waiting = []
    print("forwarding", flush=True)
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select.select([*ends, sys.stdin], [], [], pause)
        for one in directions.values():
            if one.source in ready:
                one.receive(waiting)
        if sys.stdin in ready:
            line = sys.stdin.readline()
            if not line:
                return
            direction, *rules = line.split()
            for one in directions.values() if direction == "both" else [directions[direction]]:
                one.rules.update((key, float(value)) for key, value in (rule.split("=") for rule in rules))
            print("done", flush=True)
        send_due(waiting)


if __name__ == "__main__":
    if sys.argv[1] == "plain":
        for name in sys.argv[2:]:
            make_plain(name)
    else:
        forward(*sys.argv[2:])
