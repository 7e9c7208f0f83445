#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_forgery.sh: somebody guesses at cookies, 100000 ACKs a second from everywhere,
# without timestamps, where one in 2^23 would hit. No more of them are checked than
# forgery_budget allows, cookies become strong, and real clients without timestamps
# connect all the same: their SYNs are remembered, under a flood of SYNs, too.
#
# Topology: attack.sh. The client's namespace sends no timestamps.
set -u
# shellcheck source=tests/attack/attack.sh
. "$(dirname "$0")/attack.sh"

SECONDS_LONG=4

# flood_bg NAME DST ARGS...: for as long as the test wants
flood_bg() {
	tool=$1
	dst=$2
	shift 2
	case $dst in
	*:*) ;;
	*) set -- -s 10.128.0.0/9 "$@" ;;
	esac
	bg_cli "$tool" "$TOOLS/flood" -i c0 -d "$dst" -p 80 -m "$SRV_MAC" \
		-t 600 -c 1 "$@"
}

# forgery FIELD: of `status`
forgery() {
	hf_quiet status --json | jq -r ".forgery.$1"
}

is_strong() {
	[ "$(forgery bits)" = 27 ]
}

# guesses_under NAME DST: real clients without timestamps beside it
guesses_under() {
	name="$handoff $1"
	flood_bg guesses "$2" -r 100000 --ack
	wait_for 5 is_strong
	checked=$(counter ack_bad_mac)
	unchecked=$(counter ack_unchecked)
	hf_clock
	began=$hf_now
	cli "$TOOLS/load" -d "$2" -p 80 -r 50 -t $SECONDS_LONG >"$TMP/real.out"
	hf_clock
	checked=$(($(counter ack_bad_mac) - checked))
	assert_eq "$name: real clients all connect" "$(field failed real)" 0
	assert_le "$name: so few guesses are checked" "$checked" \
		$((2400 * (hf_now - began + 100) / 100))
	assert_ge "$name: most are not" \
		$(($(counter ack_unchecked) - unchecked)) 100000
	assert_le "$name: expected forgeries per hour, in thousandths" \
		"$(forgery 'expected * 1000 | floor')" 1200
	stop guesses
}

# What a real client has of a strong cookie: SACK, and a scale of 7.
options_of() {
	bg_cli held "$TOOLS/hold" -d "$1" -p 80 -s hello
	wait_for 5 grep -q connected "$TMP/held.out"
	srv ss -tino "( sport = :80 )" | tr -d '\n' >"$TMP/ss.out"
	assert_eq "$handoff: a real client has SACK and window scale" \
		"$(grep -o 'sack.*wscale:7' "$TMP/ss.out" | wc -l)" 1
	stop held
}

by_guesses() {
	defend -m always -o "handoff=$handoff"
	guesses_under "IPv4, no other flood" "$SRV4"
	guesses_under "IPv6, no other flood" "$SRV6"
	flood_bg syns "$SRV4" -r 50000
	wait_for 5 phase_is flood
	guesses_under "IPv4, SYN flood" "$SRV4"
	options_of "$SRV4"
	stop syns
	flood_bg syns "$SRV4" -r 50000 --no-ts
	sysctl_in cli net.ipv4.tcp_timestamps 1
	guesses_under "IPv4, SYN flood without timestamps, real ones with" \
		"$SRV4"
	sysctl_in cli net.ipv4.tcp_timestamps 0
	stop syns
	hf_quiet status
	check_identities
	disarm
}

attack_up
sysctl_in cli net.ipv4.tcp_timestamps 0
by_each_handoff by_guesses
summary
