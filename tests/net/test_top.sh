#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_top.sh: `handfast top`: the rates that it prints are those that a client
# makes, its screen takes keys and ends; and `handfast` alone, in ten lines.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# top OPTION...: into $TMP/top.json, the last look alone
top() {
	hf_quiet top --json "$@" | tail -n 1 >"$TMP/top.json"
}

said() {
	jq -r "$1" "$TMP/top.json"
}

# near WHAT GOT: 200 a second, as the client makes them; who stood still for a
# moment makes up for it
near() {
	assert_ge "$1" "${2%.*}" 100
	assert_le "$1" "${2%.*}" 300
}

# how long our programs ran, as far as the kernel measured it
run_ns() {
	id=$(bpftool -j map show pinned \
		"$(ls /sys/fs/bpf/handfast/"$HF_NAME"/v[0-9]*/control)" |
		jq .id)
	bpftool -j prog show | jq "[.[] | select((.map_ids // []) |
		index($id)) | .run_time_ns // 0] | add"
}

rates() {
	bg_cli load "$TOOLS/load" -d "$SRV4" -p 80 -r 200 -t 20
	wait_for 3 counted syn_seen
	top --batch 2 --interval 2
	near "SYNs a second" "$(said .rates.syn_seen)"
	near "... answered" "$(said .rates.syn_answered)"
	near "ACKs a second that are accepted" "$(said .rates.ack_accepted)"
	near "of the service" \
		"$(said '.services[] | select(.service == "*:80") | .syn_seen')"
	near "of the interface" \
		"$(said '.interfaces[] | select(.name == "s0") | .syn_seen')"
	assert_eq "the programs' time is measured, and is some of it" \
		"$(said '.data_plane_cpus > 0 and .data_plane_cpus < 1')" true
	measured=$(run_ns)
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 1 >"$TMP/out"
	assert_eq "afterwards: the kernel does not measure any more" \
		"$(run_ns)" "$measured"
	stop load
	wait_for 3 nothing_comes
	assert_eq "afterwards: none" "$(said .rates.syn_seen)" 0
}

counted() {
	[ "$(counter "$1")" -gt 0 ]
}

nothing_comes() {
	top --batch 1
	[ "$(said .rates.syn_seen)" = 0 ]
}

text() {
	hf_quiet top --batch 1 >"$TMP/text"
	assert_eq "text: exit 0" $? 0
	for part in "^handfast $HF_NAME: armed" "^SYN/s " "^SERVICE .*FLOWS" \
		"^\*:80 .*yes" "^INTERFACE" "^s0 .*yes" "^REASON"; do
		assert_eq "text: $part" "$(grep -c "$part" "$TMP/text")" 1
	done
	hf_quiet top --batch 1 --filter 81 >"$TMP/text"
	assert_eq "--filter: no other service" "$(grep -c '^\*:80' "$TMP/text")" 0
	assert_eq "--filter: that one" "$(grep -c '^\*:81' "$TMP/text")" 1
}

# screen OPTION...: on a terminal of its own, 24 lines of 80; keys by descriptor 4
screen() {
	rm -f "$TMP/keys"
	mkfifo "$TMP/keys"
	: >"$TMP/screen.out"
	in_ns srv timeout 60 script -qec \
		"stty rows 24 columns 80; TERM=xterm LC_ALL=C.UTF-8 \
		$HANDFAST -n $HF_NAME top $*; echo exit=\$?" /dev/null \
		<"$TMP/keys" >"$TMP/screen.out" 2>&1 &
	screen_pid=$!
	exec 4>"$TMP/keys"
}

shows() {
	grep -q "$1" "$TMP/screen.out"
}

# The first picture is painted whole, and so is that after a key.
screens() {
	screen --interval 1
	wait_for 5 shows "handfast $HF_NAME: armed"
	assert_eq "a terminal: the first line" $? 0
	assert_eq "a terminal: interfaces, services, reasons, from above" \
		"$(tr '\033' '\n' <"$TMP/screen.out" |
		sed -n 's/.*\(INTERFACE\|SERVICE\|REASON\) .*/\1/p' |
		awk '!seen[$0]++' | tr '\n' ' ')" "INTERFACE SERVICE REASON "
	printf '/xyz\n' >&4
	wait_for 5 shows 'filter: xyz'
	assert_eq "a terminal: / takes a filter" $? 0
	printf 'ss' >&4
	wait_for 5 shows 'sort: flows .*filter: xyz'
	assert_eq "a terminal: s sorts" $? 0
	printf 'q' >&4
	wait_for 5 shows 'exit=0'
	assert_eq "a terminal: q ends it, exit 0" $? 0
	exec 4>&-
	wait $screen_pid
	hf_quiet top >"$TMP/out" 2>"$TMP/err"
	assert_eq "no terminal: exit 1" $? 1
	assert_eq "no terminal: with a cure" \
		"$(grep -c '^try: handfast top --batch 1' "$TMP/err")" 1
}

bad_use() {
	for option in --json "--batch 0" "--batch x" "--interval 0" "--sort colour" \
		"--colour"; do
		# shellcheck disable=SC2086 # two words
		hf_quiet top $option >"$TMP/out" 2>"$TMP/err"
		assert_eq "top $option: exit 2" $? 2
	done
}

# What is attached and what goes on, with the words of the last line.
alone() {
	hf_quiet >"$TMP/alone"
	assert_eq "alone, $1: exit $2" $? "$2"
	assert_eq "alone, $1: ten lines" "$(wc -l <"$TMP/alone")" 10
	assert_eq "alone, $1: the last one is a sentence" \
		"$(tail -n 1 "$TMP/alone" | grep -c "$3")" 1
}

floods() {
	end_daemon TERM
	start_handfast -i s0 -m always -o flood_syn_rate=100
	bg_cli load "$TOOLS/load" -d "$SRV4" -p 80 -r 300 -t 6
	wait_for 3 in_flood
	alone "a flood" 0 '^Flood on \*:80 since .* SYN/s, .* clients let in, data plane '
	join load
	end_daemon KILL
	alone "a dead daemon" 1 '^The daemon is dead'
}

in_flood() {
	[ "$(hf_quiet status --json | jq -r .phase)" = flood ]
}

net_up
serve web81 -p 81
serve web -p 80
start_handfast -i s0 -m always
alone calm 0 '^Calm since [0-9].* SYN/s'
rates
text
screens
bad_use
floods
hf_quiet detach --all >/dev/null
hf_quiet top --batch 1 >/dev/null 2>&1
assert_eq "not attached: exit 1" $? 1
summary
