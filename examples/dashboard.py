"""A dashboard client: builds the fleet's state from `subscribe`, prints each change with the counts, and resumes with
`since` after a disconnect or a server restart. `apt install python3-websockets`, `python3 dashboard.py [URL]`; Ctrl-C
prints the fleet and exits."""
import asyncio, json, sys
import websockets

url = sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8080/ws/dashboard"
fleet = {}  # nvr_id: NVR
since = None  # {epoch, seq} of `fleet`; None until a snapshot is complete
coming = None  # {epoch, seq} of the snapshot that is being received

def say(what):
    share = lambda things: f"{sum(one['status'] == 'online' for one in things)}/{len(things)} online"
    cameras = [camera for nvr in fleet.values() for camera in nvr["cameras"]]
    print(f"{since['seq']} {what}: NVRs {share(fleet.values())}, cameras {share(cameras)}", flush=True)

def apply(event):
    kind, id = event["kind"], event.get("nvr_id")
    if kind == "registered": fleet[id] = event["nvr"]
    if kind == "removed": del fleet[id]
    if kind.startswith("nvr_"): fleet[id]["status"] = kind[4:]
    for camera in fleet[id]["cameras"] if kind == "nvr_offline" else []:
        if camera["status"] != "offline": camera.update(status="offline", status_source="nvr_unreachable")
    for change in event.get("cameras", []):
        del change["from"]  # the status before
        next(one for one in fleet[id]["cameras"] if one["name"] == change["name"]).update(change)
    since["seq"] = event["seq"]
    say(f"{kind} {event.get('hostname')}")

def take(type, seq=0, epoch="", recovered=False, nvrs=(), last=False, events=(), to=0, message="", **more):
    global since, coming
    if type == "subscribed" and recovered: say(f"{seq - since['seq']} events behind")
    if type == "subscribed" and not recovered: since, coming = fleet.clear(), {"epoch": epoch, "seq": seq}
    if type == "snapshot": fleet.update((nvr["nvr_id"], nvr) for nvr in nvrs)
    if type == "snapshot" and last: since = coming; say("snapshot")
    for event in events: apply(event)
    if type == "events": since["seq"] = to
    if type == "error": print(message, file=sys.stderr)

async def main():
    async for socket in websockets.connect(url, max_size=None):  # reconnects, with a growing delay while it fails
        try:
            await socket.send(json.dumps({"type": "subscribe", "since": since, "detail": "camera"}))
            async for text in socket: take(**json.loads(text))
        except websockets.ConnectionClosed: pass
        await asyncio.sleep(1)

try: asyncio.run(main())
except KeyboardInterrupt: print(json.dumps({**(since or {}), "nvrs": list(fleet.values())}))
