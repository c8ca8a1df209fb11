# SPDX-FileCopyrightText: 2026 The rtmcc authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# What the interop scripts share: options, packages, processes, paths, checks. Sourced after
# `usage` is defined; `interop_begin NAME "$@"` comes first, `interop_end` last.

set -euo pipefail

interop=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$interop/../.." && pwd)
# Nothing is left behind in the tree.
export PYTHONDONTWRITEBYTECODE=1

seconds=15
paths="direct link"
rtmcc=
out=
keep=
niceness=0
arguments=()

common_options='  --seconds N      length of each push (15)
  --paths LIST     "direct", "link" or "direct link": loopback, and between two network
                   namespaces over rtmcc link with 5 % loss both ways and 100 ms RTT (root)
  --rtmcc FILE     the program to test; by default it is built from this tree
  --out FILE       where the result goes as JSON (./interop-NAME.json)
  --nice N         scheduling priority of all programs, -20 to 19; below 0 as root, for a machine
                   that has other work: one that starves Chromium makes freezes of its own
  --keep           leave the temporary directory with all logs'

# The path of the "link" runs. Signalling, which is TCP, goes past it.
lossy_path='{"name":"loss-5-rtt-100","duration":"1h",
 "forward":[{"capacity":{"constant":"10Mbps"},"delay":"50ms","queue":"300ms","loss":{"rate":0.05}}],
 "backward":[{"capacity":{"constant":"10Mbps"},"delay":"50ms","queue":"300ms","loss":{"rate":0.05}}]}'

say() { printf '%s\n' "$*" >&2; }

fail_usage() {
	say "$1"
	usage >&2
	exit 2
}

interop_begin() {
	name=$1
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help) usage && exit 0 ;;
		--keep) keep=yes ;;
		--seconds | --paths | --rtmcc | --out | --nice)
			[ $# -ge 2 ] || fail_usage "$1 needs a value"
			case $1 in
			--seconds) seconds=$2 ;;
			--paths) paths=$2 ;;
			--rtmcc) rtmcc=$(realpath "$2") ;;
			--out) out=$2 ;;
			--nice) niceness=$2 ;;
			esac
			shift
			;;
		*) arguments+=("$1") ;;
		esac
		shift
	done
	[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail_usage "--seconds must be a whole number"
	renice -n "$niceness" -p $$ >/dev/null
	out=${out:-interop-$name.json}
	work=$(mktemp -d)
	: >"$work/checks"
	: >"$work/versions"
	trap cleanup EXIT
	trap 'exit 130' INT TERM
}

# no_arguments: for scripts that have none of their own.
no_arguments() { [ ${#arguments[@]} = 0 ] || fail_usage "unknown argument ${arguments[0]}"; }

cleanup() {
	local code=$?
	trap - EXIT INT TERM
	stop_all
	if [ -n "$keep" ]; then
		say "logs: $work"
	else
		rm -rf "$work"
	fi
	exit "$code"
}

# need COMMAND=PACKAGE…: installs what is missing, or says what to install.
need() {
	local pair missing=()
	for pair in "$@"; do
		command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
	done
	install_packages "${missing[@]}"
}

# need_packages PACKAGE…: the same for packages that bring no command.
need_packages() {
	local package missing=()
	for package in "$@"; do
		dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
	done
	install_packages "${missing[@]}"
}

install_packages() {
	[ $# -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		say "$name: missing: $*. On Debian: sudo apt-get install $*"
		exit 1
	fi
	say "installing $*"
	if ! { timeout 300 apt-get update && timeout 900 env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends "$@"; } >"$work/apt.log" 2>&1; then
		tail -5 "$work/apt.log" >&2
		exit 1
	fi
}

# version NAME TEXT: goes into the result.
version() { jq -nc --arg name "$1" --arg version "$2" '{($name): $version}' >>"$work/versions"; }

# build: rtmcc and the bridge.
build() {
	if [ -z "$rtmcc" ]; then
		rtmcc=$work/rtmcc
		(cd "$root" && timeout 900 go build -o "$rtmcc" ./cmd/rtmcc)
	fi
	version rtmcc "$("$rtmcc" version | head -n 1) $(git -C "$root" rev-parse --short HEAD 2>/dev/null || true)"
}

build_bridge() { (cd "$root" && timeout 900 go build -o "$work/bridge" ./scripts/interop/bridge); }

# free_port: a TCP port that nothing listens on now.
free_port() {
	local port
	while port=$((20000 + RANDOM % 12000)) && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
	echo "$port"
}

# spawn NAME COMMAND…: starts it in a process group of its own; its output goes to $work/NAME.log.
declare -A spawned=()
spawn() {
	local process=$1
	shift
	setsid "$@" >"$work/$process.log" 2>&1 &
	spawned[$process]=$!
}

# stop NAME: by SIGTERM, after five seconds by SIGKILL, with all that it started.
stop() {
	local pid=${spawned[$1]:-}
	[ -n "$pid" ] || return 0
	unset "spawned[$1]"
	kill -TERM -- "-$pid" 2>/dev/null || true
	for _ in $(seq 50); do
		kill -0 -- "-$pid" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL -- "-$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}

# The link goes last: the others live in its namespaces.
stop_all() {
	local process
	for process in "${!spawned[@]}"; do
		[ "$process" = link ] || stop "$process"
	done
	stop link
}

# wait_for SECONDS COMMAND…: until the command succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}

# Where commands run: at_sender and at_receiver are prefixes, host the receiver's address.
on_direct() {
	at_sender=()
	at_receiver=()
	host=127.0.0.1
	path='direct'
}

on_link() {
	local a=rtmccA$$ b=rtmccB$$
	spawn link "$rtmcc" link "$lossy_path" --tun --bypass-tcp --ns-a "$a" --ns-b "$b" --realtime --json
	wait_for 10 ip netns exec "$b" ip -4 addr show dev rtmcc0 up || {
		cat "$work/link.log" >&2
		return 1
	}
	at_sender=(ip netns exec "$a")
	at_receiver=(ip netns exec "$b")
	host=10.77.0.2
	path='link'
}

# each_path FUNCTION: once for each of the paths that are asked for and can be had.
each_path() {
	local wanted
	for wanted in $paths; do
		case $wanted in
		direct) on_direct ;;
		link)
			if [ "$(id -u)" != 0 ] || [ ! -e /dev/net/tun ]; then
				skip "link" "network namespaces and /dev/net/tun need Linux and root"
				continue
			fi
			on_link
			;;
		*) fail_usage "unknown path $wanted" ;;
		esac
		"$1"
		stop_all
	done
}

# push RUN FILE URL [FLAG…]: pushes and leaves the summary in $work/RUN.push.json. It returns the
# exit code of the push.
push() {
	local run=$1 file=$2 url=$3 code=0
	shift 3
	timeout -k 5 $((seconds + 60)) "${at_sender[@]}" "$rtmcc" push "$file" "$url" --loop \
		--duration "${seconds}s" --json "$@" >"$work/$run.push.jsonl" 2>"$work/$run.push.log" || code=$?
	tail -n 1 "$work/$run.push.jsonl" | jq -c '.summary // empty' >"$work/$run.push.json" 2>/dev/null || true
	[ -s "$work/$run.push.json" ] || echo '{}' >"$work/$run.push.json"
	return "$code"
}

# clip FILE B-FRAMES: the bundled clip with so many B-frames in a row, none of them a reference.
clip() {
	ffmpeg -nostdin -v error -i "$root/testdata/clip.ts" -c:a copy -c:v libx264 -preset veryfast -g 60 \
		-x264-params "bframes=$2:b-adapt=0:b-pyramid=0" -b:v 850k -maxrate 1000k -bufsize 500k -f mpegts "$1"
}

# decode FILE LOG: decodes all of it; LOG gets what ffmpeg complains of. What is decoded gets timestamps of
# its own, as a muxer would complain of the stream's in the decoder's place.
decode() {
	timeout 120 ffmpeg -nostdin -v error -y -i "$1" -map '0:v?' -f rawvideo /dev/null -map '0:a?' -af asetpts=N/SR/TB -f s16le /dev/null \
		>"$2" 2>&1 || echo "ffmpeg failed" >>"$2"
}

# pictures FILE: how many its video decodes to.
pictures() {
	local count
	count=$(timeout 120 ffprobe -v quiet -count_frames -select_streams v:0 -show_entries stream=nb_read_frames \
		-of default=nw=1:nk=1 "$1" | head -n 1) || true
	echo "${count:-0}"
}

# record CHECK RESULT DETAIL: a result is pass, FAIL, skip, or note for what decides nothing.
record() {
	printf '%-4s  %-52s %s\n' "$2" "$name/$1" "$3"
	jq -nc --arg check "$1" --arg result "$2" --arg detail "$3" \
		'{check: $check, result: $result, detail: $detail}' >>"$work/checks"
}
skip() { record "$1" skip "$2"; }

# check NAME DETAIL COMMAND…: passes where the command succeeds.
check() {
	local what=$1 detail=$2
	shift 2
	if "$@" >/dev/null 2>&1; then
		record "$what" pass "$detail"
	else
		record "$what" FAIL "$detail"
	fi
}

# check_pushed RUN CODE: whether the push ran to its end on one connection, and what it saw.
check_pushed() {
	local detail
	detail=$(jq -r '"sent \(.video_frames_sent) pictures, \(.audio_frames_sent) audio frames, " +
		"dropped \(.frames_dropped), repeated \(.packets_retransmitted) of \(.packets_sent) packets, " +
		"loss \((.loss // 0) * 1000 | round / 10) %, rtt \((.rtt_ms // 0) | round) ms"' "$work/$1.push.json")
	[ "$2" = 0 ] || detail=$(grep -v '^{' "$work/$1.push.log" | tail -n 1)
	check "$1/pushed" "$detail" test "$2" = 0
}

# check_feedback RUN KIND: which feedback the pusher got.
check_feedback() {
	local got
	got=$(jq -r '.feedback // "unknown"' "$work/$1.push.json")
	check "$1/feedback" "$got, expected $2" test "$got" = "$2"
}

# interop_end: writes the result and exits with 1 if a check failed.
interop_end() {
	stop_all
	jq -n --arg name "$name" --arg date "$(date -u +%F)" --argjson seconds "$seconds" \
		--slurpfile versions "$work/versions" --slurpfile checks "$work/checks" \
		'{name: $name, date: $date, seconds: $seconds, versions: ($versions | add), checks: $checks,
		  passed: ([$checks[] | select(.result == "FAIL")] | length == 0)}' >"$out"
	say "$name: $out"
	jq -e .passed "$out" >/dev/null
}
