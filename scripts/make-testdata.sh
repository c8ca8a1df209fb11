#!/bin/sh
# SPDX-FileCopyrightText: 2026 The rtmcc authors
# SPDX-License-Identifier: MIT

# Makes every clip of testdata/ with ffmpeg's own generators: a moving test
# picture with a running counter, and a sine tone. Needs ffmpeg with libx264,
# libx265, libvpx and libopus (5.1 made the files in the tree).
#
#   sh scripts/make-testdata.sh
#
# The figures that tests expect of these files stand in
# sender/media/clips_test.go; measure them anew (the ffprobe commands are
# there) after making the clips with another version of ffmpeg.
set -eu

cd "$(dirname "$0")/../testdata"

# bitexact keeps the muxers' dates and versions out of the files, one thread
# keeps the encoders' output the same on every machine.
ff() { ffmpeg -nostdin -hide_banner -v error -y "$@"; }

picture() { echo "testsrc2=size=$1:rate=30:duration=$2"; }
tone() { echo "sine=frequency=440:beep_factor=4:sample_rate=48000:duration=$1"; }

# Two B-frames between P-frames, one of them used for reference itself
# (b-pyramid), so that reference and non-reference B-frames both occur.
# A closed group of pictures every 2 s, and a rate that stays near 850 kbps.
h264="-c:v libx264 -profile:v high -preset medium -pix_fmt yuv420p -threads 1
	-x264-params keyint=60:min-keyint=60:scenecut=0:open-gop=0:bframes=2:b-adapt=0:b-pyramid=normal:nal-hrd=none
	-b:v 850k -maxrate 1000k -bufsize 1000k"
h265="-c:v libx265 -preset medium -pix_fmt yuv420p -tag:v hvc1
	-x265-params keyint=60:min-keyint=60:scenecut=0:open-gop=0:bframes=2:b-adapt=0:b-pyramid=1:pools=1:frame-threads=1:log-level=error
	-b:v 600k"
opus="-c:a libopus -b:a 64k -ac 2 -frame_duration 20"
aac="-c:a aac -b:a 96k -ac 2"
exact="-flags +bitexact -fflags +bitexact -map_metadata -1"

# shellcheck disable=SC2086 # the option lists are meant to be split
{
	# The clips of 10 s.
	ff -f lavfi -i "$(picture 640x360 10)" -f lavfi -i "$(tone 10)" \
		$h264 $opus $exact -shortest -f mpegts clip.ts
	ff -i clip.ts -f lavfi -i "$(tone 10)" -map 0:v -map 1:a -c:v copy $aac $exact \
		-movflags +faststart clip-aac.mp4
	ff -f lavfi -i "$(picture 640x360 10)" -f lavfi -i "$(tone 10)" \
		$h265 $opus $exact -shortest -f mpegts clip-h265.ts

	# Two renditions of the same 4 s with a key frame each second; the lower one has
	# no B-frames, so that the two decode at other times.
	for rendition in "low 160x90 60k 0" "high 320x180 240k 2"; do
		set -- $rendition
		ff -f lavfi -i "$(picture 640x360 4)" -f lavfi -i "$(tone 4)" -s "$2" \
			$h264 -x264-params keyint=30:min-keyint=30:scenecut=0:open-gop=0:bframes="$4":b-adapt=0 \
			-b:v "$3" -maxrate "$3" -bufsize "$3" $opus -b:a 32k $exact -shortest -f mpegts "rendition-$1.ts"
	done

	# Small ones for single readers, a second or less of 160x90.
	tiny="$(picture 160x90 1)"
	ff -f lavfi -i "$tiny" -f lavfi -i "$(tone 1)" $h264 -b:v 60k $aac $exact \
		-movflags +frag_keyframe+empty_moov+default_base_moof tiny-aac-fragmented.mp4
	ff -f lavfi -i "$tiny" $h264 -b:v 60k $exact -bsf:v h264_mp4toannexb -f h264 tiny.h264
	ff -f lavfi -i "$tiny" $h265 -b:v 60k $exact -f hevc tiny.h265
	ff -f lavfi -i "$(tone 1)" $opus $exact -f ogg tiny.ogg
	ff -f lavfi -i "$tiny" -c:v libvpx -b:v 60k -g 15 -threads 1 $exact -f ivf tiny-vp8.ivf
	ff -f lavfi -i "$tiny" -c:v libvpx-vp9 -b:v 60k -g 15 -threads 1 $exact -f ivf tiny-vp9.ivf
	ff -f lavfi -i "$(picture 160x90 0.3)" -c:v libaom-av1 -cpu-used 8 -b:v 60k -threads 1 $exact -f ivf tiny-av1.ivf
	ff -i tiny-vp8.ivf -i tiny.ogg -c copy $exact -f webm tiny-vp8.webm
	ff -i tiny-aac-fragmented.mp4 -c copy $exact -f matroska tiny-aac.mkv
}
ls -l
