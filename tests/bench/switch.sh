#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# switch.sh: mode auto, floods that begin and end under load, by each handoff: from
# the first SYN of a flood until they are answered, from its last until it is calm
# again (less flood_hold_s), and how many connections failed of those that were
# opened all the while. The worst of all floods counts.
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

FLOODS=${FLOODS:-10}
RATE=60000
HOLD_MS=1000

worst() {
	sort -n | tail -1
}

# phase_ms FIELD
phase_ms() {
	variable phase "$1"
}

# one_flood: until it is calm again; notes both times
one_flood() {
	wait_for 10 phase_is calm || give_up "not calm"
	passed=$(($(counter syn_pass_calm) + 50))
	wait_for 10 counter_is syn_pass_calm $passed || give_up "no load"
	answered=$(counter syn_answered)
	fld "$TOOLS/flood" -i f0 -d "$SRV4_FLD" -p 80 -m "$(mac_of srv s1)" \
		-r $RATE -t 1 -c 1 >"$TMP/flood.out" || give_up "flood"
	counter_is syn_answered $((answered + 10000)) ||
		give_up "the flood was not answered"
	note "$1.answered" $(($(phase_ms flood.since_ms) -
		$(field began_ms flood)))
	note "$1.calm" $(($(phase_ms flood.until_ms) -
		$(field ended_ms flood) - HOLD_MS))
}

floods() {
	start_handfast -i s0 -i s1 -m auto -o handoff="$1" \
		-o flood_hold_s=$((HOLD_MS / 1000)) -o drain_splice_s=0
	bg_cli steady "$TOOLS/load" -d "$SRV4" -p 80 -r 300 -t $((FLOODS * 4))
	turn=0
	while [ $turn -lt "$FLOODS" ]; do
		one_flood "$1"
		turn=$((turn + 1))
	done
	stop steady
	note "$1.lost" "$(field failed steady)"
	note "$1.late" "$(field over_200ms steady)"
	hf detach --all --now
	stop handfastd
}

net_up
quiet
net_flood_up
napi_on srv s1
serve web -p 80 -b 4096
for handoff in auto splice; do
	floods $handoff
	result "switch.$handoff.answered" \
		"$(worst <"$TMP/$handoff.answered.figures")"
	result "switch.$handoff.calm" "$(worst <"$TMP/$handoff.calm.figures")"
	result "switch.$handoff.lost" "$(median $handoff.lost)"
	result "switch.$handoff.late" "$(median $handoff.late)"
done
