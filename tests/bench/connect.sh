#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# connect.sh: connections a second without a flood, as fast as they go, where
# handfast shakes hands (mode always), by either handoff, native and generic: beside
# the plain kernel, a bare XDP_PASS of the same mode, and the hooks alone (lib.sh).
# Native, by splice: the least of one, too (least.bpf.c).
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

connect_turn() {
	connect_once "$1.$2.rate" "$2"
}

# did_them COUNTER: handfast did the handshakes; a SYN in 10 s passes, to teach
did_them() {
	[ "$(counter "$1")" -ge $((TURNS * PER_TURN - 50)) ]
}

# ways MODE HANDOFF COUNTER OPTION...
ways() {
	mode=$1 handoff=$2 opened=$3
	shift 3
	links_on "$mode" -m always "$@"
	by_turns connect_turn "connect.$handoff.$mode"
	did_them "$opened" || give_up "$mode, $handoff: not our handshakes"
	links_off
	links_results "connect.$handoff.$mode" rate
}

net_up
quiet
links_up
connect_server
links=$LINKS
for mode in native generic; do
	ways "$mode" reqsk ack_accepted
	if [ "$mode" = native ]; then
		LINKS="$links least"
		least_on s4
	fi
	ways "$mode" splice splice_opened -o handoff=splice -o drain_splice_s=0
	[ "$mode" = generic ] || least_off s4
	LINKS=$links
done
