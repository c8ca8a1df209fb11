#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The rtmcc authors
# SPDX-License-Identifier: MIT

usage() {
	cat <<USAGE
usage: chromium.sh [OPTION…]

Pushes H.264 to a page in headless Chromium: without B-frames in the source, with B-frames that the
pusher strips, and with B-frames sent, which libwebrtc does not decode: a note, not a check.
The page's getStats say what was decoded.

$common_options
USAGE
}
. "$(dirname "$0")/lib.sh"

interop_begin chromium "$@"
no_arguments
need chromium=chromium jq=jq ffmpeg=ffmpeg ip=iproute2 curl=curl
build
build_bridge
version chromium "$(chromium --version 2>/dev/null | head -n 1)"

clip "$work/no-bframes.ts" 0
clip "$work/bframes.ts" 2

# A page that renders nothing has no freezes to report: video plays without a gesture, and the
# tab is never taken for a hidden one.
browser=(chromium --headless=new --no-sandbox --disable-gpu --no-first-run --mute-audio
	--autoplay-policy=no-user-gesture-required --disable-background-timer-throttling
	--disable-renderer-backgrounding --disable-backgrounding-occluded-windows
	--disable-features=WebRtcHideLocalIpsWithMdns --allow-loopback-in-peer-connection)

# watch check|note RUN FILE [FLAG…]
watch() {
	local expected=$1 run=$path-$2 file=$3 code=0 port stats
	shift 3
	stats=$work/$run.stats.jsonl
	port=$(free_port)
	spawn bridge "${at_receiver[@]}" "$work/bridge" -listen "$host:$port" -stats "$stats"
	wait_for 10 "${at_receiver[@]}" curl -fsS "http://$host:$port/watch.html" || true
	spawn chromium "${at_receiver[@]}" "${browser[@]}" --user-data-dir="$work/profile-$run" "http://$host:$port/watch.html"
	# A packet that is asked for again comes a round trip later: players are told to wait for it.
	push "$run" "$file" "http://$host:$port/whip/live" --playout-delay 600ms-1s "$@" || code=$?
	sleep 1
	stop chromium
	stop bridge
	check_pushed "$run" "$code"
	check_feedback "$run" transport-cc

	# The last statistics are up to half a second older than the end of the push, and a picture
	# that is late may still be waiting: a second's worth of pictures is allowed to be missing.
	tail -n 1 "$stats" 2>/dev/null | jq -c --slurpfile push "$work/$run.push.json" '{
		sent: $push[0].video_frames_sent, received: .video.framesReceived, decoded: .video.framesDecoded,
		dropped: .video.framesDropped, freezes: .video.freezeCount, frozen_s: .video.totalFreezesDuration,
		codec: .video.codec, nack: .video.nackCount, pli: .video.pliCount,
		concealed: (if .audio.totalSamplesReceived > 0 then .audio.concealedSamples / .audio.totalSamplesReceived else null end)
	}' >"$work/$run.seen.json" || true
	[ -s "$work/$run.seen.json" ] || echo '{"sent":null,"decoded":null}' >"$work/$run.seen.json"
	local decoded freezes
	decoded=$(jq -r '"\(.decoded) of \(.sent) pictures, \(.dropped) dropped, nack \(.nack), pli \(.pli)"' "$work/$run.seen.json")
	freezes=$(jq -r '"\(.freezes) freezes, \(.frozen_s) s; \((.concealed // 0) * 10000 | round / 100) % of audio concealed"' "$work/$run.seen.json")
	if [ "$expected" = note ]; then
		record "$run/decoded" note "$decoded; $freezes"
		return
	fi
	check "$run/decoded" "$decoded" jq -e '.decoded != null and .decoded >= .sent - 31' "$work/$run.seen.json"
	check "$run/freezes" "$freezes" jq -e '.freezes == 0' "$work/$run.seen.json"
}

all() {
	watch check plain "$work/no-bframes.ts"
	watch check strip "$work/bframes.ts" --b-frames strip
	watch note sent "$work/bframes.ts" --b-frames keep
}
each_path all
interop_end
