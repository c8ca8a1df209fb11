#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The rtmcc authors
# SPDX-License-Identifier: MIT

usage() {
	cat <<USAGE
usage: chromium-eventlog.sh [--path SCENARIO] [--kbps N] [--codec H264|VP8] [--log FILE] [OPTION…]

Lets headless Chromium push its fake camera by WHIP to "rtmcc ingest" over a path, and keeps the RTC event
log that it writes: every packet and feedback, and what libwebrtc's own congestion control made of them.
Root only, as the path lies between two network namespaces.

  --path SCENARIO  of rtmcc link: a built-in one, a file, or JSON (2 Mbps, 50 ms each way)
  --kbps N         most that the camera's encoder may take (2500)
  --codec NAME     H264 or VP8 (H264)
  --log FILE       where the event log goes (./chromium.log)
$common_options

"--paths" has no meaning here.
USAGE
}
. "$(dirname "$0")/lib.sh"

interop_begin chromium-eventlog "$@"
scenario='{"duration":"1h","forward":[{"capacity":{"constant":"2Mbps"},"delay":"50ms","queue":"300ms"}]}'
kbps=2500 codec=H264 eventlog=chromium.log
set -- "${arguments[@]}"
while [ $# -gt 0 ]; do
	[ $# -ge 2 ] || fail_usage "unknown option $1, or a value is missing"
	case $1 in
	--path) scenario=$2 ;;
	--kbps) kbps=$2 ;;
	--codec) codec=$2 ;;
	--log) eventlog=$2 ;;
	*) fail_usage "unknown option $1" ;;
	esac
	shift 2
done
[[ $kbps =~ ^[0-9]+$ && $codec =~ ^[A-Za-z0-9]+$ ]] || fail_usage "--kbps is a number, --codec a name"
need chromium=chromium jq=jq ip=iproute2 curl=curl
build
build_bridge
version chromium "$(chromium --version 2>/dev/null | head -n 1)"
if [ "$(id -u)" != 0 ] || [ ! -e /dev/net/tun ]; then
	say "$name: needs Linux, root and /dev/net/tun"
	exit 1
fi

lossy_path=$scenario
on_link
port=$(free_port)
page=$(free_port)
mkdir "$work/logs"
spawn ingest "${at_receiver[@]}" "$rtmcc" ingest --listen "$host:$port" --json
# The page has to come from localhost: no other origin without TLS gets a camera.
spawn bridge "${at_sender[@]}" "$work/bridge" -listen "127.0.0.1:$page" -stats "$work/camera.jsonl"
wait_for 10 "${at_sender[@]}" curl -fsS "http://127.0.0.1:$page/camera.html" || true
wait_for 10 "${at_sender[@]}" curl -sS -o /dev/null --max-time 2 "http://$host:$port/sessions" || true
spawn chromium "${at_sender[@]}" chromium --headless=new --no-sandbox --disable-gpu --no-first-run --mute-audio \
	--disable-background-timer-throttling --disable-renderer-backgrounding --disable-features=WebRtcHideLocalIpsWithMdns \
	--use-fake-device-for-media-stream --use-fake-ui-for-media-stream --webrtc-event-logging="$work/logs" \
	--user-data-dir="$work/profile" \
	"http://127.0.0.1:$page/camera.html?seconds=$seconds&codec=$codec&kbps=$kbps&whip=http%3A%2F%2F$host%3A$port%2Fwhip%2Flive"
wait_for $((seconds + 40)) test -s "$work/camera.jsonl" || true
# The log is written by another process of the browser.
sleep 2
stop chromium
"${at_receiver[@]}" curl -fsS --max-time 5 "http://$host:$port/sessions" >"$work/sessions.json" || echo '[]' >"$work/sessions.json"
stop_all

said=$(jq -r '.camera' "$work/camera.jsonl" 2>/dev/null || true)
check pushed "the page says: ${said:-nothing}; $(jq -c '[.. | objects | select(has("packets_received")) | {codec, packets_received}][:2]' "$work/sessions.json" 2>/dev/null)" \
	test "$said" = "done"
written=$(find "$work/logs" -type f -size +1k | head -n 1)
if [ -n "$written" ]; then
	cp "$written" "$eventlog"
	check log "$(stat -c %s "$eventlog") bytes in $eventlog" test "$(stat -c %s "$eventlog")" -gt 1000
else
	record log FAIL "Chromium wrote no event log"
fi
interop_end
