#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# attacked.sh: 300 real connections a second beside each kind of flood, by each
# handoff: the time from connect() to the first byte of the answer, and how many
# failed of all. The kinds are those of tests/attack/; by splice a ghost becomes a
# connection as of any client, so there are none.
#
# Topology and CPUs as in flooded.sh.
set -u
# shellcheck source=tests/bench/mixed.sh
. "$(dirname "$0")/mixed.sh"

ROUNDS=${ROUNDS:-3}
SECONDS_EACH=${SECONDS_EACH:-2}

# load_once NAME
load_once() {
	# shellcheck disable=SC2046 # several words
	cli $(on_cpu 0) "$TOOLS/load" -d "$SRV4" -p 80 -r 300 \
		-t "$SECONDS_EACH" >"$TMP/load.out"
	echo "$1: $(cat "$TMP/load.out")"
	note "$1.p50" "$(field p50_us load)"
	note "$1.p99" "$(field p99_us load)"
	lost=$((lost + $(field failed load)))
}

beside_each() {
	start_handfast -i s0 -i s1 -p 80 -m always -x native \
		-o handoff="$1" -o drain_splice_s=0
	lost=0
	round=0
	while [ $round -lt "$ROUNDS" ]; do
		load_once "$1.none"
		for kind in $KINDS; do
			mixed_flood "$kind" $((SECONDS_EACH + 2))
			load_once "$1.$kind"
			mixed_end
		done
		round=$((round + 1))
	done
	hf detach --all --now
	stop handfastd
	for kind in none $KINDS; do
		for what in p50 p99; do
			result "attacked.$1.$kind.$what" \
				"$(calc "$(median "$1.$kind.$what") / 1000")"
		done
	done
	result "attacked.$1.lost" $lost
}

mixed_up
beside_each auto
KINDS=${KINDS% ghost}
beside_each splice
