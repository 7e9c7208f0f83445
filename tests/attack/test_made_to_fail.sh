#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_made_to_fail.sh: clients who make handshakes fail on purpose, so that the brake
# shuts the service: they complete one, end the connection by a RST that the kernel
# reads and nobody before it, and make the server answer RST. One address, and
# twenty networks, beside others and alone, calm and under flood, by each handoff.
#
# Topology: attack.sh; seg speaks from fd00:f100:N::M.
set -u
# shellcheck source=tests/attack/attack.sh
. "$(dirname "$0")/attack.sh"

# A RST behind five extension headers.
HIDDEN=ext=3c000104000000003c000104000000003c000104000000003c00010400000000060001\
0400000000:60

# fail_from ADDR: one such handshake. By reqsk a segment more would only begin it
# anew; a spliced one shows as failed when the server is asked to answer.
fail_from() {
	then="sleep 1"
	[ "$handoff" = reqsk ] || then="send PA seq=iss+1 data=x\n ts=1002,rts"
	in_ns cli "$TOOLS/seg" -i c0 -s "$1" -d "$SRV6" -m "$SRV_MAC" \
		"send S mss=1440 sack ts=1000,0 ws=7" "expect SA" \
		"send A ts=1001,rts" "sleep 5" "send R seq=iss+1 $HIDDEN" \
		"sleep 250" "$then" >/dev/null 2>>"$TMP/attack.err"
}

# knock NETWORKS ADDRESSES TIMES: of so many networks, each so many addresses
knock() {
	for _ in $(seq "$3"); do
		knocking=
		for net in $(seq "$1"); do
			for host in $(seq "$2"); do
				fail_from "fd00:f100:$net::$host" &
				knocking="$knocking $!"
			done
		done
		# shellcheck disable=SC2086  # a list
		wait $knocking
	done
}

# not_tripped NAME: since $trips was counted
not_tripped() {
	assert_eq "$handoff $1: the brake is off" \
		$(($(counter brake_tripped) - trips)) 0
	hf_quiet status >/dev/null
	assert_eq "$handoff $1: status exits 0" $? 0
}

one_address() {
	trips=$(counter brake_tripped)
	failed=$(counter admit_failed)
	knock 1 8 3
	assert_ge "$handoff one network: its handshakes fail" \
		$(($(counter admit_failed) - failed)) 8
	not_tripped "one network"
	connects "$handoff one network: others are answered" 20 20
}

beside_others() {
	trips=$(counter brake_tripped)
	bg_cli real "$TOOLS/load" -d "$SRV6" -p 80 -r 20 -t 6
	knock 20 1 2
	not_tripped "twenty networks beside others"
	join real
	assert_eq "$handoff twenty networks beside others: all of those connect" \
		"$(field failed real)" 0
}

# Nobody else is there, so the brake must believe it: calm that harms nobody, and
# under flood it is no way in.
alone() {
	trips=$(counter brake_tripped)
	for _ in 1 2 3 4 5 6 7 8; do
		knock 20 1 1
		[ "$(counter brake_tripped)" = "$trips" ] || break
	done
	assert_ge "$handoff twenty networks alone: the brake trips" \
		$(($(counter brake_tripped) - trips)) 1
	cli "$TOOLS/load" -d "$SRV6" -p 80 -r 100 -t 1 >"$TMP/load.out"
	assert_eq "$handoff twenty networks alone: who comes then connects" \
		"$(field failed load)" 0
	passed=$(counter syn_passed)
	bg_cli flood "$TOOLS/flood" -i c0 -d "$SRV6" -p 80 -m "$SRV_MAC" \
		-s fd00:f101::/32 -r 30000 -t 6 -c 1
	wait_for 5 phase_is flood
	knock 20 1 1 &
	knocker=$!
	cli "$TOOLS/load" -d "$SRV6" -p 80 -r 20 -t 3 -k 8000 >"$TMP/load.out"
	assert_eq "$handoff ... under flood: all connect" \
		"$(field ok load) $(field failed load)" "60 0"
	wait $knocker
	join flood
	assert_le "$handoff ... under flood: as many pass as odd ones may" \
		$(($(counter syn_passed) - passed)) 12000
	wait_for 15 phase_is calm
}

each_attack() {
	defend -m always -o "handoff=$handoff" -o flood_hold_s=1 \
		-o drain_splice_s=0
	one_address
	beside_others
	alone
	hf counters
	check_identities
	disarm
}

attack_up
by_each_handoff each_attack
summary
