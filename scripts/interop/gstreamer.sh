#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The rtmcc authors
# SPDX-License-Identifier: MIT

usage() {
	cat <<USAGE
usage: gstreamer.sh [OPTION…]

Pushes the bundled clip, with its B-frames, to GStreamer's webrtcbin, which decodes it: as it answers
by itself, without transport-wide feedback, and with codec preferences that make it send that.

$common_options
USAGE
}
. "$(dirname "$0")/lib.sh"

interop_begin gstreamer "$@"
no_arguments
need jq=jq ip=iproute2 curl=curl
need_packages python3-gi gir1.2-gst-plugins-bad-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
	gstreamer1.0-plugins-bad gstreamer1.0-nice gstreamer1.0-libav
build
build_bridge
version gstreamer "$(dpkg-query -W -f '${Version}' gstreamer1.0-plugins-bad)"

# receive default|feedback KIND
receive() {
	local run=$path-$1 code=0 port stats
	stats=$work/$run.stats.jsonl
	port=$(free_port)
	spawn bridge "${at_receiver[@]}" "$work/bridge" -listen "$host:$port" -stats "$stats"
	wait_for 10 "${at_receiver[@]}" curl -fsS "http://$host:$port/watch.html" || true
	spawn "webrtcbin-$run" "${at_receiver[@]}" /usr/bin/python3 "$interop/webrtcbin.py" "http://$host:$port" "$1"
	push "$run" "$root/testdata/clip.ts" "http://$host:$port/whip/live" || code=$?
	# The receiver empties its buffer.
	sleep 3
	stop "webrtcbin-$run"
	stop bridge
	check_pushed "$run" "$code"
	check_feedback "$run" "$2"
	tail -n 1 "$stats" 2>/dev/null | jq -c --slurpfile push "$work/$run.push.json" \
		'. + {sent: $push[0].video_frames_sent, sent_audio: $push[0].audio_frames_sent}' >"$work/$run.seen.json" || true
	[ -s "$work/$run.seen.json" ] || echo '{}' >"$work/$run.seen.json"
	# The decoder keeps back what it has to reorder. Over the lossy path the jitter buffer gives up what
	# it asked for in vain.
	local least=0.98
	[ "$path" = direct ] || least=0.95
	check "$run/decoded" "$(jq -r '"\(.video) of \(.sent) pictures, \(.audio) of \(.sent_audio) audio frames, errors: \(.errors | join("; "))"' "$work/$run.seen.json")" \
		jq -e --argjson least "$least" '.video >= .sent * $least and .audio >= .sent_audio * $least and .errors == []' "$work/$run.seen.json"
}

all() {
	receive default none
	receive feedback transport-cc
}
each_path all
interop_end
