#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# connect.sh: connections a second without a flood, as fast as they go: the
# plain kernel, a bare XDP_PASS, handfast native and generic.
#
# Each connection asks one line and closes. 32 are open at a time.
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

CONNECTIONS=${CONNECTIONS:-10000}	# a round and variant
AT_A_TIME=32
SOURCES=30				# their ports wait in TIME_WAIT
VARIANTS='plain pass native generic'

add_sources() {
	sources=''
	while [ $SOURCES -gt 0 ]; do
		ip -n "$(ns_of cli)" addr add 10.77.0.$((SOURCES + 100))/24 \
			dev c0 || return 1
		sources="$sources -S 10.77.0.$((SOURCES + 100))"
		SOURCES=$((SOURCES - 1))
	done
}

connect_once() {
	# shellcheck disable=SC2046,SC2086 # several words
	cli $(pinned 1) "$TOOLS/load" -d "$SRV4" -p 80 -r 1e9 -t "${CONNECTIONS}e-9" \
		-c $AT_A_TIME $sources >"$TMP/load.out" ||
		give_up "$1: connections failed"
	echo "$1: $(cat "$TMP/load.out")"
	note "$1" "$(field rate load)"
}

# check_way VARIANT: who did the handshakes
check_way() {
	case $1 in
	native | generic)
		[ "$(counter ack_accepted)" -ge "$CONNECTIONS" ] ||
			give_up "$1: handfast did not do the handshakes"
		;;
	esac
}

net_up
quiet
add_sources || give_up "addresses"
sysctl_in cli net.ipv4.tcp_max_tw_buckets 1000000
# shellcheck disable=SC2046 # several words
bg_srv web $(pinned 0) "$TOOLS/srv" -p 80 -b 4096 -l /dev/null
wait_for 5 grep -q ready "$TMP/web.out"
round=0
while [ $round -lt "$ROUNDS" ]; do
	# shellcheck disable=SC2086 # several words
	for variant in $(turn $round $VARIANTS); do
		variant_on "$variant"
		connect_once "$variant"
		check_way "$variant"
		variant_off "$variant"
	done
	round=$((round + 1))
done
for variant in $VARIANTS; do
	result "connect.$variant" "$(median "$variant")"
done
for variant in native generic; do
	result "connect.$variant.plain" "$(median_ratio $variant plain)"
done
result connect.native.pass "$(median_ratio native pass)"
