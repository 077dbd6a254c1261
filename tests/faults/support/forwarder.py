"""Carries the packets between two network devices, as badly as it is told to.

    forwarder.py forward LEFT RIGHT   orders come on stdin, a line each: DIRECTION KEY=NUMBER...
                                      DIRECTION: right (from LEFT to RIGHT), left, both
                                      drop, repeat: share of the packets; least, most: seconds of delay
    forwarder.py plain DEVICE...      makes devices send whole packets with their checksums, as a cable would carry

`tc netem` would do the same, where the kernel has it.
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
ETHTOOL_STXCSUM = 0x17  # what is segmented for the device, too, goes with the checksums


def make_plain(device):
    """A virtual device leaves checksums to be filled in by the next real one, which here is none."""
    order = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 0))
    request = struct.pack("16sP", device.encode(), ctypes.addressof(order))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, request)


def open_device(device):
    """Waits for the device: it is moved here while this starts."""
    for _ in range(500):
        try:
            packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            packets.bind((device, ETH_P_ALL))
            return packets
        except OSError:
            time.sleep(0.02)
    sys.exit(f"forwarder: there is no device {device}")


class Way:
    """One direction."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.rules = {"drop": 0.0, "repeat": 0.0, "least": 0.0, "most": 0.0}

    def take(self, waiting):
        try:
            packet, address = self.source.recvfrom(65536)
        except OSError:
            return  # the link was cut; it may be joined again
        if address[2] == PACKET_OUTGOING or random.random() < self.rules["drop"]:
            return
        for _ in range(2 if random.random() < self.rules["repeat"] else 1):
            due = time.monotonic() + random.uniform(self.rules["least"], self.rules["most"])
            heapq.heappush(waiting, (due, random.random(), packet, self.target))


def send_due(waiting):
    while waiting and waiting[0][0] <= time.monotonic():
        _, _, packet, target = heapq.heappop(waiting)
        try:
            target.send(packet)
        except OSError:
            pass  # the link is cut


def forward(left, right):
    ends = [open_device(left), open_device(right)]
    ways = {"right": Way(*ends), "left": Way(*reversed(ends))}
    waiting = []
    print("forwarding", flush=True)
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select.select([*ends, sys.stdin], [], [], pause)
        for way in ways.values():
            if way.source in ready:
                way.take(waiting)
        if sys.stdin in ready:
            line = sys.stdin.readline()
            if not line:
                return
            direction, *rules = line.split()
            for way in ways.values() if direction == "both" else [ways[direction]]:
                way.rules.update((key, float(value)) for key, value in (rule.split("=") for rule in rules))
            print("done", flush=True)
        send_due(waiting)


if __name__ == "__main__":
    if sys.argv[1] == "plain":
        for name in sys.argv[2:]:
            make_plain(name)
    else:
        forward(*sys.argv[2:])
