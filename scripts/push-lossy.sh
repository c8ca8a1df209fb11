#!/bin/sh
# SPDX-FileCopyrightText: 2026 The rtmcc authors
# SPDX-License-Identifier: MIT

# Pushes H.265 with B-frames and HE-AAC to the reference ingest, over a path of 5 % loss
# and 100 ms of round trip, and compares what was recorded with the source: frames, DTS,
# interleaving, and whether ffmpeg decodes it all.
#
#   sudo sh scripts/push-lossy.sh [SECONDS] [WORK DIRECTORY]
#
# CTS counts whole milliseconds, so that DTS is within 0.5 ms of the source's, and
# their differences within 1 ms. The ingest waits for a packet for up to a second: at 5 % loss
# a long push loses some with three of their repeats.
#
# Needs root, Linux, Go, and ffmpeg with libx265. No HE-AAC encoder is free software:
# the audio is an AAC-LC core at 24 kHz whose configuration says that SBR doubles it to
# 48 kHz, which is HE-AAC to every part that carries it; decoders find no SBR data and
# upsample.
set -eu

seconds="${1:-60}"
work="${2:-$(mktemp -d)}"
root="$(cd "$(dirname "$0")/.." && pwd)"
mkdir -p "$work"
(cd "$root" && go build -o "$work/rtmcc" ./cmd/rtmcc)
cd "$work"

if [ ! -f clip.mp4 ]; then
	ffmpeg -nostdin -hide_banner -v error -y -f lavfi -i "testsrc2=size=1920x1080:rate=30" \
		-f lavfi -i "sine=frequency=440:sample_rate=24000" -t "$seconds" \
		-c:v libx265 -preset ultrafast -x265-params bframes=3:b-adapt=0:keyint=60:log-level=error -b:v 2M \
		-pix_fmt yuv420p -tag:v hvc1 -c:a aac -ac 2 -b:a 48k clip.mp4
fi
# AAC-LC without SBR, 24 kHz; the same bytes as SBR from 24 to 48 kHz.
perl -0777 -pe 's/\x13\x10\x56\xe5\x00/\x2b\x11\x88\x00\x00/' clip.mp4 >source.mp4

rm -f out.ts
./rtmcc link --tun --ns-a lossy-push --ns-b lossy-ingest --realtime --bypass-tcp \
	--exec-b "$work/rtmcc ingest --listen 10.77.0.2:8889 --record $work/out.ts --jitter 1s --json >$work/ingest.json" \
	'{"duration":"1h","forward":[{"capacity":{"constant":"20Mbps"},"delay":"50ms","loss":{"rate":0.05}}]}' \
	-- sh -c "sleep 2; $work/rtmcc push --b-frames require --duration ${seconds}s --json $work/source.mp4 http://10.77.0.2:8889/whip/live >$work/push.json"

tail -n 1 push.json
packets() { # FILE STREAM
	ffprobe -v error -select_streams "$2" -show_entries packet=dts_time -of csv=p=0 "$1" | sed 's/,.*//;/^$/d'
}
packets source.mp4 v >source.dts
packets out.ts v >out.dts
echo "video: $(wc -l <source.dts) in the source, $(wc -l <out.dts) recorded"
paste source.dts out.dts | awk '
	NR == 1 { s = $1; o = $2 }
	NF == 2 { d = ($2 - o) - ($1 - s); if (d < 0) d = -d; if (d > worst) worst = d; if (NR > 1 && $2 <= former) back++; former = $2 }
	END { printf "DTS: at most %.2f ms off the source, %d times not increasing\n", worst * 1000, back }'
echo "audio: $(packets source.mp4 a | wc -l) in the source, $(packets out.ts a | wc -l) recorded"
ffprobe -v error -show_entries packet=codec_type,dts_time -of csv=p=0 out.ts | awk -F, '
	$1 == "" { next }
	{ at[$1] = $2 }
	("video" in at) && ("audio" in at) { d = at["video"] - at["audio"]; if (d < 0) d = -d; if (d > worst) worst = d }
	END { printf "interleaving: audio and video at most %.0f ms apart\n", worst * 1000 }'
ffmpeg -nostdin -hide_banner -v error -i out.ts -f null - 2>errors.txt
echo "decoder: $(wc -l <errors.txt) lines of errors"
