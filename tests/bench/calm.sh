#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# calm.sh: what handfast costs while calm, in mode auto, where the kernel shakes
# hands: connections a second as fast as they go (32 open at a time, each asks
# one line and closes), and questions and answers of 64 bytes on 32 connections.
#
# Beside the plain kernel, and beside a bare XDP_PASS of the same mode: on a veth
# the hook itself costs GRO. Each has a link of its own to the one server, and they
# take turns by the tenth of a second: a machine's speed wanders by more than what is
# to be seen here, and much more in the second that it takes to attach.
#
#   hf-PID-cli        hf-PID-srv
#   c0 -------------- s0  handfast
#   c1 -------------- s1  XDP_PASS
#   c2 -------------- s2  plain
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

ROUNDS=${TURNS:-25}
CONNECTIONS=${CONNECTIONS:-600}	# a turn; all of them have a port each
REQUESTS=${REQUESTS:-15000}
PASS4=10.78.1.2 PLAIN4=10.78.2.2

# another_link N: cN to sN
another_link() {
	hf_link cli "c$1" srv "s$1" || give_up "link $1"
	hf_addr cli "c$1" "10.78.$1.1" "fd78:$1::1" || give_up "c$1"
	hf_addr srv "s$1" "10.78.$1.2" "fd78:$1::2" || give_up "s$1"
}

# requests_once FIGURE ADDR
requests_once() {
	# shellcheck disable=SC2046 # several words
	cli $(on_cpu 1) "$TOOLS/echoes" -d "$2" -p 7 -i 0 -b 32 -w 64 \
		-n $((REQUESTS * 64)) >"$TMP/echoes.out" ||
		give_up "$1: requests failed"
	note "$1" "$(($(field rate echoes) / 64))"
}

# one_turn MODE VARIANT
one_turn() {
	case $2 in
	handfast) addr=$SRV4 ;;
	pass) addr=$PASS4 ;;
	plain) addr=$PLAIN4 ;;
	esac
	connect_once "$1.$2.connect" "$addr"
	requests_once "$1.$2.requests" "$addr"
}

# The kernel did the handshakes, and nothing is recorded.
is_calm() {
	[ "$(counter syn_pass_calm)" -ge $((ROUNDS * CONNECTIONS)) ] &&
		[ "$(counter syn_answered)" -eq 0 ] &&
		[ "$(counter flow_created)" -eq 0 ]
}

# turns MODE XDP-MODE: of all three
turns() {
	round=0
	xdp_set srv s1 xdp_pass "$2"
	start_handfast -i s0 -p 80 -p 7 -m auto -x "$1" -o flood_syn_rate=1e6
	while [ $round -lt "$ROUNDS" ]; do
		for variant in $(turn $round handfast pass plain); do
			one_turn "$1" "$variant"
		done
		round=$((round + 1))
	done
	is_calm || give_up "$1: it was not calm"
	hf detach --all
	stop handfastd
	xdp_set srv s1 off "$2"
}

net_up
quiet
another_link 1
another_link 2
connect_server
# shellcheck disable=SC2046 # several words
bg_srv echo $(on_cpu 0) "$TOOLS/srv" -p 7 -e -l /dev/null
wait_for 5 grep -q ready "$TMP/echo.out"
cookies=$(nstat_srv TcpExtSyncookiesSent)
xdp_set cli c0 xdp_pass		# or native ones lose what they send
xdp_set cli c1 xdp_pass
turns native xdpdrv
xdp_set cli c0 off
xdp_set cli c1 off
turns generic xdpgeneric
[ "$(nstat_srv TcpExtSyncookiesSent)" = "$cookies" ] ||
	give_up "the kernel sent cookies"
for what in connect requests; do
	for mode in native generic; do
		for variant in handfast pass plain; do
			result "calm.$mode.$variant.$what" \
				"$(median "$mode.$variant.$what")"
		done
		for variant in plain pass; do
			result "calm.$mode.$variant.$what.x" "$(median_ratio \
				"$mode.handfast.$what" "$mode.$variant.$what")"
		done
	done
done
