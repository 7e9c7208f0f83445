#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# calm.sh: what handfast costs while calm, in mode auto, where the kernel shakes
# hands: connections a second as fast as they go (32 open at a time, each asks
# one line and closes), and questions and answers of 64 bytes on 32 connections.
#
# Beside the plain kernel, beside a bare XDP_PASS of the same mode, since on a veth
# the hook itself costs GRO, and beside the hooks alone (lib.sh).
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

REQUESTS=${REQUESTS:-15000}	# a turn

# requests_once FIGURE VARIANT
requests_once() {
	# shellcheck disable=SC2046 # several words
	cli $(on_cpu 1) "$TOOLS/echoes" -d "$(link_server "$2")" -p 7 -i 0 \
		-b 32 -w 64 -n $((REQUESTS * 64)) >"$TMP/echoes.out" ||
		give_up "$1: requests failed"
	note "$1" "$(($(field rate echoes) / 64))"
}

calm_turn() {
	connect_once "$1.$2.connect" "$2"
	requests_once "$1.$2.requests" "$2"
}

# The kernel did the handshakes, and nothing is recorded.
is_calm() {
	[ "$(counter syn_pass_calm)" -ge $((TURNS * PER_TURN)) ] &&
		[ "$(counter syn_answered)" -eq 0 ] &&
		[ "$(counter flow_created)" -eq 0 ]
}

net_up
quiet
links_up
connect_server
# shellcheck disable=SC2046 # several words
bg_srv echo $(on_cpu 0) "$TOOLS/srv" -p 7 -e -l /dev/null
wait_for 5 grep -q ready "$TMP/echo.out"
cookies=$(nstat_srv TcpExtSyncookiesSent)
for mode in native generic; do
	links_on $mode -p 7 -m auto -o flood_syn_rate=1e6
	by_turns calm_turn "calm.$mode"
	is_calm || give_up "$mode: it was not calm"
	links_off
done
[ "$(nstat_srv TcpExtSyncookiesSent)" = "$cookies" ] ||
	give_up "the kernel sent cookies"
for mode in native generic; do
	links_results "calm.$mode" connect
	links_results "calm.$mode" requests
done
