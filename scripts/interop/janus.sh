#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The rtmcc authors
# SPDX-License-Identifier: MIT

usage() {
	cat <<USAGE
usage: janus.sh [OPTION…]

Pushes the bundled clip, with its B-frames, into a room of a Janus of its own. The room records, which
shows what arrived.

$common_options
USAGE
}
. "$(dirname "$0")/lib.sh"

interop_begin janus "$@"
no_arguments
need janus=janus jq=jq ip=iproute2 curl=curl python3=python3
build
build_bridge
version janus "$(janus --version 2>/dev/null | sed -n 's/^Janus version: //p')"

# configure DIR API ADMIN
configure() {
	mkdir -p "$1/recordings"
	cat >"$1/janus.jcfg" <<CONFIG
general: {
	session_timeout = 60
	debug_level = 4
	admin_secret = ""
	plugins_folder = "$(dirname "$(find /usr -name libjanus_videoroom.so 2>/dev/null | head -n 1)")"
	transports_folder = "$(dirname "$(find /usr -name libjanus_http.so 2>/dev/null | head -n 1)")"
}
media: { ipv6 = false }
nat: { nice_debug = false }
plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so" }
transports: { disable = "libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_websockets.so" }
CONFIG
	cat >"$1/janus.transport.http.jcfg" <<CONFIG
general: { json = "plain", base_path = "/janus", http = true, port = $2, https = false }
admin: { admin_base_path = "/admin", admin_http = true, admin_port = $3, admin_https = false }
CONFIG
	cat >"$1/janus.plugin.videoroom.jcfg" <<CONFIG
room-1234: {
	description = "interop", publishers = 2, bitrate = 4000000, audiocodec = "opus", videocodec = "h264", h264_profile = "64001e,42e01f"
	transport_wide_cc_ext = true, record = true, rec_dir = "$1/recordings"
}
CONFIG
}

# packets DIR audio|video: in the room's recording, an MJR file: a header "MJR00002", a 16-bit
# length and JSON, then for each packet "MEET", 32 bits of time, a 16-bit length and the packet.
packets() {
	python3 - "$1"/recordings/*"$2"*.mjr <<'PYTHON' || echo '{"packets":0}'
import json, struct, sys

data = open(sys.argv[1], "rb").read()
seen, timestamps = set(), set()
at = 0
while at + 10 <= len(data):
    head, length = data[at : at + 4], 0
    if data[at : at + 8].startswith(b"MJR"):
        length = struct.unpack(">H", data[at + 8 : at + 10])[0]
        at += 10 + length
        continue
    if head != b"MEET":
        sys.exit("no MJR file")
    length = struct.unpack(">H", data[at + 8 : at + 10])[0]
    packet = data[at + 10 : at + 10 + length]
    if length >= 12:
        number, stamp = struct.unpack(">HI", packet[2:8])
        seen.add(number)
        timestamps.add(stamp)
    at += 10 + length
print(json.dumps({"packets": len(seen), "frames": len(timestamps)}))
PYTHON
}

publish() {
	local run=$path code=0 port api admin stats
	stats=$work/$run.stats.jsonl
	port=$(free_port) api=$(free_port) admin=$(free_port)
	configure "$work/janus-$run" "$api" "$admin"
	spawn bridge "${at_receiver[@]}" "$work/bridge" -listen "$host:$port" -stats "$stats"
	spawn janus "${at_receiver[@]}" janus -F "$work/janus-$run" -C "$work/janus-$run/janus.jcfg"
	wait_for 15 "${at_receiver[@]}" curl -fsS "http://$host:$api/janus/info" || true
	spawn publisher "${at_receiver[@]}" python3 "$interop/janus.py" "http://$host:$port" "http://$host:$api/janus" "http://$host:$admin/admin" 1234
	push "$run" "$root/testdata/clip.ts" "http://$host:$port/whip/live" || code=$?
	sleep 2
	stop publisher
	stop janus
	stop bridge
	check_pushed "$run" "$code"
	check_feedback "$run" transport-cc
	jq -n --argjson video "$(packets "$work/janus-$run" video)" --argjson audio "$(packets "$work/janus-$run" audio)" \
		--slurpfile push "$work/$run.push.json" '{video: $video, audio: $audio, push: $push[0]}' >"$work/$run.seen.json"
	check "$run/recorded" "$(jq -r '"\(.video.frames) of \(.push.video_frames_sent) pictures, \(.audio.frames) of \(.push.audio_frames_sent) audio frames in the room'"'"'s recording"' "$work/$run.seen.json")" \
		jq -e '.video.frames >= .push.video_frames_sent - 31 and .audio.frames >= .push.audio_frames_sent - 51' "$work/$run.seen.json"
}
each_path publish
interop_end
