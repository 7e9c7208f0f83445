#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# calm.sh: what handfast costs while calm, in mode auto, where the kernel shakes
# hands: connections a second as fast as they go (32 open at a time, each asks
# one line and closes), and questions and answers of 64 bytes on 32 connections.
# Beside the plain kernel, and beside a bare XDP_PASS of the same mode: on a veth
# the hook itself costs GRO.
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

CONNECTIONS=${CONNECTIONS:-10000}	# a round and variant
REQUESTS=${REQUESTS:-200000}
VARIANTS='plain pass native pass_generic generic'
MODE=auto

# requests_once FIGURE: a second
requests_once() {
	began=$(date +%s%N)
	# shellcheck disable=SC2046 # several words
	cli $(on_cpu 1) "$TOOLS/echoes" -d "$SRV4" -p 7 -i 0 -b 32 -w 64 \
		-n $((REQUESTS * 64)) >"$TMP/echoes.out" ||
		give_up "$1: requests failed"
	note "$1" "$(calc "$REQUESTS * 1e9 / ($(date +%s%N) - $began)" %.0f)"
}

# check_way VARIANT: the kernel did the handshakes, and nothing is recorded
check_way() {
	case $1 in
	native | generic)
		is_calm || give_up "$1: it was not calm"
		;;
	esac
}

is_calm() {
	[ "$(counter syn_pass_calm)" -ge "$CONNECTIONS" ] &&
		[ "$(counter syn_answered)" -eq 0 ] &&
		[ "$(counter flow_created)" -eq 0 ]
}

net_up
quiet
connect_server
# shellcheck disable=SC2046 # several words
bg_srv echo $(on_cpu 0) "$TOOLS/srv" -p 7 -e -l /dev/null
wait_for 5 grep -q ready "$TMP/echo.out"
HF_OPTIONS='-p 7 -o flood_syn_rate=1e6'	# they come faster than a flood
cookies=$(nstat_srv TcpExtSyncookiesSent)
round=0
while [ $round -lt "$ROUNDS" ]; do
	# shellcheck disable=SC2086 # several words
	for variant in $(turn $round $VARIANTS); do
		variant_on "$variant"
		connect_once "$variant.connect"
		requests_once "$variant.requests"
		check_way "$variant"
		variant_off "$variant"
	done
	round=$((round + 1))
done
[ "$(nstat_srv TcpExtSyncookiesSent)" = "$cookies" ] ||
	give_up "the kernel sent cookies"
for what in connect requests; do
	for variant in $VARIANTS; do
		result "calm.$variant.$what" "$(median "$variant.$what")"
	done
	for variant in native generic; do
		result "calm.$variant.plain.$what" \
			"$(median_ratio $variant.$what plain.$what)"
	done
	result "calm.native.pass.$what" \
		"$(median_ratio native.$what pass.$what)"
	result "calm.generic.pass.$what" \
		"$(median_ratio generic.$what pass_generic.$what)"
done
