#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# flooded.sh: 500 real connections a second, without and under a flood: how many
# succeed, and the time from connect() to the first byte of the answer.
#
# Native XDP. The client comes by s0, the flood by s1 from CPU 1, where the veth
# has its softirqs too; client and server are on CPU 0.
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

RATE=${RATE:-500000}		# SYN/s asked for; a slow machine makes fewer
CONNECTIONS=${CONNECTIONS:-500}
SECONDS_EACH=${SECONDS_EACH:-3}

syns_seen() {
	hf_quiet counters --json | jq .counters.syn_seen
}

flood_is_here() {
	[ $(($(syns_seen) - seen)) -gt 1000 ]
}

flood_start() {
	seen=$(syns_seen)
	bg_fld flood "$TOOLS/flood" -i f0 -d "$SRV4_FLD" -p 80 \
		-m "$MAC" -r "$RATE" -t $((SECONDS_EACH + 1)) \
		-c $(($(nproc) > 1))
	wait_for 5 flood_is_here || give_up "no flood"
}

# load_once NAME
load_once() {
	# shellcheck disable=SC2046 # several words
	cli $(on_cpu 0) "$TOOLS/load" -d "$SRV4" -p 80 -r "$CONNECTIONS" \
		-t "$SECONDS_EACH" >"$TMP/load.out"
	echo "$1: $(cat "$TMP/load.out")"
	note "$1.p50" "$(field p50_us load)"
	note "$1.p99" "$(field p99_us load)"
	good=$((good + $(field ok load)))
	all=$((all + $(field ok load) + $(field failed load)))
}

net_up
net_flood_up
quiet
MAC=$(mac_of srv s1)
native_peers c0 f0 || give_up "XDP at the peers"
# shellcheck disable=SC2046 # several words
bg_srv web $(on_cpu 0) "$TOOLS/srv" -p 80 -b 4096
wait_for 5 grep -q ready "$TMP/web.out"
start_handfast -i s0 -i s1 -p 80 -m always -x native
all_good=0
all_sum=0
round=0
while [ $round -lt "$ROUNDS" ]; do
	good=0 all=0
	load_once calm
	good=0 all=0
	flood_start
	before=$(syns_seen)
	load_once flood
	note rate $((($(syns_seen) - before) / SECONDS_EACH))
	join flood
	all_good=$((all_good + good))
	all_sum=$((all_sum + all))
	round=$((round + 1))
done
[ "$all_sum" -gt 0 ] || give_up "no connections"
[ "$(counter ack_accepted)" -ge "$all_sum" ] ||
	give_up "handfast did not do the handshakes"
result flooded.rate "$(median rate)"
result flooded.success "$(calc "100 * $all_good / $all_sum")"
for what in p50 p99; do
	result flooded.calm_$what "$(calc "$(median calm.$what) / 1000")"
	result flooded.$what "$(calc "$(median flood.$what) / 1000")"
done
result flooded.p99_ratio "$(median_ratio flood.p99 calm.p99)"
