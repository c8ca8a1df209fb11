#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The rtmcc authors
# SPDX-License-Identifier: MIT
"""Receives a push with GStreamer's webrtcbin, through the bridge, and decodes it.

    webrtcbin.py BRIDGE-URL default|feedback

With "feedback", codec preferences make webrtcbin answer the transport-wide sequence number; by
default it answers transport-cc without that extension and sends no such feedback.
"""

import json
import sys
import threading
import time

import gi

from receiver import ask, wait_for_offer

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
LATENCY_MS = 600


class Receiver:
    def __init__(self, feedback):
        self.feedback = feedback
        self.seen = {"video": 0, "audio": 0, "errors": [], "width": 0, "height": 0}
        self.done = threading.Event()
        self.answer = None
        self.pipeline = Gst.Pipeline.new("receiver")
        self.webrtc = Gst.ElementFactory.make("webrtcbin")
        self.webrtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.webrtc.set_property("latency", LATENCY_MS)
        self.pipeline.add(self.webrtc)
        self.webrtc.connect("pad-added", self.on_pad)
        self.webrtc.connect("on-new-transceiver", self.on_transceiver)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", lambda _, m: self.failed(m.parse_error()[0].message))
        bus.connect("message::warning", lambda _, m: self.failed(m.parse_warning()[0].message))

    def failed(self, text):
        if len(self.seen["errors"]) < 10:
            self.seen["errors"].append(text)

    def on_transceiver(self, _, transceiver):
        transceiver.set_property("do-nack", True)
        if not self.feedback:
            return
        if self.kinds.pop(0) == "video":
            caps = "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=%d" % self.payload["video"]
            caps += ",rtcp-fb-nack=true,rtcp-fb-nack-pli=true,rtcp-fb-transport-cc=true"
        else:
            caps = "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=%d" % self.payload["audio"]
            caps += ",rtcp-fb-transport-cc=true"
        caps += ",extmap-%d=(string)%s" % (self.extension, TRANSPORT_WIDE)
        transceiver.set_property("codec-preferences", Gst.Caps.from_string(caps))

    def on_pad(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        decoder = Gst.ElementFactory.make("decodebin")
        decoder.connect("pad-added", self.on_decoded)
        self.pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

    def on_decoded(self, _, pad):
        caps = pad.get_current_caps().get_structure(0)
        kind = "video" if caps.get_name().startswith("video/") else "audio"
        if kind == "video":
            self.seen["width"], self.seen["height"] = caps.get_int("width")[1], caps.get_int("height")[1]
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("sync", False)
        sink.set_property("signal-handoffs", True)
        sink.connect("handoff", lambda *_: self.count(kind))
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def count(self, kind):
        self.seen[kind] += 1

    def negotiate(self, sdp):
        """Answers the offer; runs outside the main loop's thread."""
        _, offer = GstSdp.SDPMessage.new_from_text(sdp)
        # What the transceivers' preferences have to name as the offer does.
        self.kinds, self.payload, self.extension = [], {}, 1
        for i in range(offer.medias_len()):
            media = offer.get_media(i)
            kind = media.get_media()
            self.kinds.append(kind)
            self.payload[kind] = int(media.get_format(0))
            for j in range(media.attributes_len()):
                attribute = media.get_attribute(j)
                if attribute.key == "extmap" and TRANSPORT_WIDE in attribute.value:
                    self.extension = int(attribute.value.split()[0])
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, offer)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.wait("set-remote-description", description)
        reply = self.wait("create-answer", None)
        self.wait("set-local-description", reply.get_value("answer"))
        end = time.monotonic() + 5
        while self.webrtc.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            if time.monotonic() > end:
                break
            time.sleep(0.05)
        return self.webrtc.get_property("local-description").sdp.as_text()

    def wait(self, signal, argument):
        promise = Gst.Promise.new()
        self.webrtc.emit(signal, argument, promise)
        if promise.wait() != Gst.PromiseResult.REPLIED:
            raise RuntimeError(signal + " got no reply")
        reply = promise.get_reply()
        if reply is not None and reply.has_field("error"):
            raise RuntimeError(signal + ": " + str(reply.get_value("error")))
        return reply


def serve(bridge, feedback, loop):
    offer = wait_for_offer(bridge)
    receiver = Receiver(feedback)
    try:
        sdp = receiver.negotiate(offer["sdp"])
        print(sdp, flush=True)
        ask(bridge + "/receiver/answer/" + offer["id"], sdp.encode())
        status = 0
        while status != 410:
            time.sleep(0.5)
            status, _ = ask(bridge + "/receiver/stats/" + offer["id"], json.dumps(receiver.seen).encode())
        # What the jitter buffer still holds counts as well.
        time.sleep(LATENCY_MS / 1000 + 0.5)
        ask(bridge + "/receiver/stats/" + offer["id"], json.dumps(receiver.seen).encode())
    except Exception as err:
        ask(bridge + "/receiver/error/" + offer["id"], repr(err).encode())
        raise
    finally:
        receiver.pipeline.set_state(Gst.State.NULL)
        loop.quit()


def main():
    if len(sys.argv) != 3 or sys.argv[2] not in ("default", "feedback"):
        sys.exit(__doc__)
    Gst.init(None)
    loop = GLib.MainLoop()
    threading.Thread(target=serve, args=(sys.argv[1], sys.argv[2] == "feedback", loop), daemon=True).start()
    loop.run()


main()
