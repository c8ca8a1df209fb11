#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The rtmcc authors
# SPDX-License-Identifier: MIT

usage() {
	cat <<USAGE
usage: recording.sh [OPTION…]

Pushes H.264 and H.265, both with B-frames, with Opus and with AAC, to "rtmcc ingest", which records as
MPEG-TS, and H.264 with AAC as FLV too. ffprobe looks at the recordings' timestamps, ffmpeg decodes them.

$common_options
USAGE
}
. "$(dirname "$0")/lib.sh"

interop_begin recording "$@"
no_arguments
need jq=jq ip=iproute2 ffmpeg=ffmpeg curl=curl
build
version ffmpeg "$(ffmpeg -version | awk 'NR == 1 { print $3 }')"
ffmpeg -nostdin -v error -i "$root/testdata/clip-h265.ts" -i "$root/testdata/clip-aac.mp4" -map 0:v -map 1:a -c copy \
	-f mpegts "$work/clip-h265-aac.ts"

# falling: the number of packets of stream $2 in file $1 whose DTS is not above the one before.
falling() {
	timeout 60 ffprobe -v quiet -select_streams "$2" -show_entries packet=dts_time -of csv=p=0 "$1" |
		awk -F, '/^[0-9.-]+/ { n += seen++ && $1 + 0 <= last; last = $1 + 0 } END { print n + 0 }'
}

# record_as RUN FILE EXTENSION
record_as() {
	local run=$path-$1-$3 file=$2 kept port code=0 log falls codecs got sent
	kept=$work/$run.$3
	log=$work/$run.decode.log
	port=$(free_port)
	spawn ingest "${at_receiver[@]}" "$rtmcc" ingest --listen "$host:$port" --record "$kept" --jitter 1s --json
	wait_for 10 "${at_receiver[@]}" curl -sS -o /dev/null --max-time 2 "http://$host:$port/sessions" || true
	push "$run" "$file" "http://$host:$port/whip/live" || code=$?
	sleep 1
	stop ingest
	check_pushed "$run" "$code"
	check_feedback "$run" transport-cc
	decode "$kept" "$log"
	codecs=$(ffprobe -v quiet -show_entries stream=codec_name -of csv=p=0 "$kept" | sed 's/,.*//; /^$/d' | sort -u | paste -sd+)
	falls=$(($(falling "$kept" v:0) + $(falling "$kept" a:0)))
	got=$(pictures "$kept")
	sent=$(jq '.video_frames_sent // 0' "$work/$run.push.json")
	check "$run/decoded" "$got of $sent pictures, ${codecs:-nothing}, $(wc -l <"$log") complaints of ffmpeg, $falls falls of DTS" \
		test "$got" = "$sent" -a "$sent" -gt 0 -a ! -s "$log" -a "$falls" = 0
}

all() {
	record_as h264-opus "$root/testdata/clip.ts" ts
	record_as h264-aac "$root/testdata/clip-aac.mp4" ts
	record_as h265-opus "$root/testdata/clip-h265.ts" ts
	record_as h265-aac "$work/clip-h265-aac.ts" ts
	# H.265 and Opus in FLV need an ffmpeg that reads enhanced RTMP.
	record_as h264-aac "$root/testdata/clip-aac.mp4" flv
}
each_path all
interop_end
