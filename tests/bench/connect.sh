#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# connect.sh: connections a second without a flood, as fast as they go: the
# plain kernel, a bare XDP_PASS, handfast native and generic.
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

CONNECTIONS=${CONNECTIONS:-10000}	# a round and variant
VARIANTS='plain pass native generic'

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
connect_server
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
