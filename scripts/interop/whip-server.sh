#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The rtmcc authors
# SPDX-License-Identifier: MIT

usage() {
	cat <<USAGE
usage: whip-server.sh --name NAME --whip URL [--play URL] [--start COMMAND] [OPTION…]

Pushes a clip with B-frames to a server that speaks WHIP, such as SRS or mediamtx, and
reads it back with ffmpeg.

  --name NAME      of the server, for the result; --version TEXT adds its version
  --whip URL       where to push to; HOST in it stands for the receiver's address
  --play URL       where the stream can be pulled while it is pushed: RTSP, HTTP-FLV, RTMP …; HOST as above
  --start COMMAND  starts the server; HOST in it as above. Without it the server has to run already, and
                   there is no run over the lossy path: that needs the server in a namespace
  --push-flags …   further flags of rtmcc push, in one word
$common_options

  whip-server.sh --name mediamtx --start 'mediamtx' --whip http://HOST:8889/live/whip --play rtsp://HOST:8554/live
  whip-server.sh --name srs --start 'CANDIDATE=HOST objs/srs -c conf/rtc2rtmp.conf' \\
      --whip 'http://HOST:1985/rtc/v1/whip/?app=live&stream=s' --play http://HOST:8080/live/s.flv
USAGE
}
. "$(dirname "$0")/lib.sh"

interop_begin whip-server "$@"
server='' whip='' play='' start='' described='' push_flags=''
set -- "${arguments[@]}"
while [ $# -gt 0 ]; do
	[ $# -ge 2 ] || fail_usage "unknown option $1, or a value is missing"
	case $1 in
	--name) server=$2 ;;
	--whip) whip=$2 ;;
	--play) play=$2 ;;
	--start) start=$2 ;;
	--version) described=$2 ;;
	--push-flags) push_flags=$2 ;;
	*) fail_usage "unknown option $1" ;;
	esac
	shift 2
done
[[ $server =~ ^[A-Za-z0-9._-]+$ ]] || fail_usage "--name is needed: letters, digits, dots and dashes"
[ -n "$whip" ] || fail_usage "--whip is needed"
[ "$out" != interop-whip-server.json ] || out=interop-$server.json
name=$server
need jq=jq ip=iproute2 ffmpeg=ffmpeg curl=curl
build
version "$server" "${described:-not said}"

# On loopback a server may bind and announce 127.0.0.1, which WebRTC does not leave a host by;
# the host's own address serves both.
own_address() {
	if command -v ip >/dev/null; then
		ip -4 -o addr show scope global | awk '{sub("/.*", "", $4); print $4; exit}'
	fi
}

# patience URL: ffmpeg's options for a server that has nothing to say yet.
patience() {
	case $1 in
	rtsp*) echo "-rtsp_transport tcp" ;;
	*) echo "-rw_timeout 8000000" ;;
	esac
}

clip "$work/clip.ts" 2
# Of three pictures one is left where the B-frames are stripped.
rate=28
[[ $push_flags != *strip* ]] || rate=9

run_once() {
	local run=$path code=0 at=$host url pull log decoded
	if [ "$path" = link ] && [ -z "$start" ]; then
		skip "$run" "needs --start, as the server has to run at the far end of the path"
		return
	fi
	if [ "$path" = direct ]; then
		at=$(own_address)
		at=${at:-127.0.0.1}
	fi
	url=${whip//HOST/$at} pull=${play//HOST/$at}
	[ -z "$start" ] || spawn server "${at_receiver[@]}" bash -c "${start//HOST/$at}"
	# Any HTTP answer will do, an error too.
	wait_for 20 "${at_receiver[@]}" curl -sS -o /dev/null --max-time 2 "$(cut -d/ -f1-3 <<<"$url")/" || true
	if [ -n "$pull" ]; then
		# From the receiver's side: what is checked is the push.
		spawn pull "${at_receiver[@]}" bash -c "
			sleep 3
			for attempt in 1 2 3; do
				ffmpeg -nostdin -y -v error $(patience "$pull") -i '$pull' -c copy '$work/$run.pulled.mkv' && exit
			done"
	fi
	# shellcheck disable=SC2086 # flags are meant to be split
	push "$run" "$work/clip.ts" "$url" $push_flags || code=$?
	sleep 1
	stop pull
	stop server
	check_pushed "$run" "$code"
	check_feedback "$run" transport-cc
	if [ -z "$pull" ]; then
		skip "$run/decoded" "needs --play"
		return
	fi
	log=$work/$run.decode.log
	decode "$work/$run.pulled.mkv" "$log"
	decoded=$(pictures "$work/$run.pulled.mkv")
	# It joins some seconds late, and at a key frame.
	check "$run/decoded" "$decoded pictures read back, $(wc -l <"$log") complaints of ffmpeg" \
		test "$decoded" -ge $(((seconds - 8) * rate)) -a ! -s "$log"
}
each_path run_once
interop_end
