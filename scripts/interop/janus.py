#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The rtmcc authors
# SPDX-License-Identifier: MIT
"""Publishes a push in a room of Janus's VideoRoom, through the bridge.

    janus.py BRIDGE-URL JANUS-URL ADMIN-URL ROOM

Every half second it reports what Janus's admin API says of the publisher.
"""

import json
import sys
import threading
import time
import urllib.parse
import uuid

from receiver import ask, wait_for_offer


def janus(url, **message):
    """One request of the Janus API."""
    message["transaction"] = uuid.uuid4().hex
    _, body = ask(url, json.dumps(message).encode())
    reply = json.loads(body)
    if reply["janus"] == "error":
        raise RuntimeError(json.dumps(reply["error"]))
    return reply


def event(session, accept):
    """Waits for an event that accept takes."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        _, body = ask(session + "?maxev=1&rid=%d" % int(time.time() * 1000))
        reply = json.loads(body)
        data = (reply.get("plugindata") or {}).get("data", {})
        if "error" in data:
            raise RuntimeError(data["error"])
        if accept(reply):
            return reply
    raise RuntimeError("Janus said nothing")


def poll(session):
    """Keeps the session alive, which events have to be fetched for."""
    while True:
        try:
            ask(session + "?maxev=10")
        except OSError:
            return


def publish(base, room, sdp):
    """Returns the URL of the session, of the handle, and the answer."""
    session = base + "/" + str(janus(base, janus="create")["data"]["id"])
    plugin = janus(session, janus="attach", plugin="janus.plugin.videoroom")["data"]["id"]
    handle = session + "/" + str(plugin)
    janus(handle, janus="message", body={
        "request": "joinandconfigure", "ptype": "publisher", "room": room, "display": "interop", "audio": True, "video": True,
        "audiocodec": "opus", "videocodec": "h264",
    }, jsep={"type": "offer", "sdp": sdp})
    answer = event(session, lambda e: e.get("jsep", {}).get("type") == "answer")
    return session, handle, answer["jsep"]["sdp"]


def serve(bridge, base, admin, room):
    offer = wait_for_offer(bridge)
    try:
        session, handle, sdp = publish(base, room, offer["sdp"])
    except Exception as err:
        ask(bridge + "/receiver/error/" + offer["id"], repr(err).encode())
        raise
    print(sdp, flush=True)
    threading.Thread(target=poll, args=(session,), daemon=True).start()
    ask(bridge + "/receiver/answer/" + offer["id"], sdp.encode())
    path = urllib.parse.urlparse(handle).path.split("/")[-2:]
    status = 0
    while status != 410:
        time.sleep(0.5)
        info = janus(admin + "/" + "/".join(path), janus="handle_info")["info"]
        status, _ = ask(bridge + "/receiver/stats/" + offer["id"], json.dumps(info).encode())
    # The room finishes its recordings when the publisher leaves.
    janus(session, janus="destroy")


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    serve(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))


main()
