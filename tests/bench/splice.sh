#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# splice.sh: a spliced server: one stream to it and one from it (iperf3), and
# connections a second as fast as they go (32 open at a time, each asks one line
# and closes), native and generic, beside a bare XDP_PASS of the same mode.
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

SECONDS_EACH=${SECONDS_EACH:-2}
CONNECTIONS=${CONNECTIONS:-10000}	# a round and variant
AT_A_TIME=32
SOURCES=30				# their ports wait in TIME_WAIT
VARIANTS='pass native pass_generic generic'
HF_OPTIONS='-p 5201 -o handoff=splice -o drain_splice_s=0'

add_sources() {
	sources=''
	while [ $SOURCES -gt 0 ]; do
		ip -n "$(ns_of cli)" addr add 10.77.0.$((SOURCES + 100))/24 \
			dev c0 || return 1
		sources="$sources -S 10.77.0.$((SOURCES + 100))"
		SOURCES=$((SOURCES - 1))
	done
}

# stream_once NAME OPTION...: Mbit/s; reno, since cubic may not be allowed
stream_once() {
	figure=$1
	shift
	# shellcheck disable=SC2046 # several words
	cli $(pinned 1) iperf3 -c "$SRV4" -t "$SECONDS_EACH" -C reno -J "$@" \
		>"$TMP/iperf.out" || give_up "$figure: iperf3"
	mbit=$(jq '.end.sum_received.bits_per_second / 1e6 | floor' \
		"$TMP/iperf.out")
	echo "$figure: $mbit Mbit/s, $(jq .end.sum_sent.retransmits \
		"$TMP/iperf.out") repeated"
	note "$figure" "$mbit"
}

connect_once() {
	# shellcheck disable=SC2046,SC2086 # several words
	cli $(pinned 1) "$TOOLS/load" -d "$SRV4" -p 80 -r 1e9 \
		-t "${CONNECTIONS}e-9" -c $AT_A_TIME $sources \
		>"$TMP/load.out" || give_up "$1: connections failed"
	echo "$1: $(cat "$TMP/load.out")"
	note "$1.connect" "$(field rate load)"
}

# check_way VARIANT: they were spliced; a SYN in 10 s passes, to teach
check_way() {
	case $1 in
	native | generic)
		[ "$(counter splice_opened)" -ge $((CONNECTIONS - 10)) ] ||
			give_up "$1: handfast did not splice them"
		;;
	esac
}

net_up
command -v iperf3 >/dev/null || give_up "no iperf3"
quiet
add_sources || give_up "addresses"
sysctl_in cli net.ipv4.tcp_max_tw_buckets 1000000
# shellcheck disable=SC2046 # several words
bg_srv web $(pinned 0) "$TOOLS/srv" -p 80 -b 4096 -l /dev/null
# shellcheck disable=SC2046 # several words
bg_srv iperf $(pinned 0) iperf3 -s
wait_for 5 grep -q ready "$TMP/web.out"
wait_for 5 in_ns cli iperf3 -c "$SRV4" -n 1
round=0
while [ $round -lt "$ROUNDS" ]; do
	# shellcheck disable=SC2086 # several words
	for variant in $(turn $round $VARIANTS); do
		variant_on "$variant"
		stream_once "$variant.in"
		stream_once "$variant.out" -R
		connect_once "$variant"
		check_way "$variant"
		variant_off "$variant"
	done
	round=$((round + 1))
done
for what in in out connect; do
	for variant in $VARIANTS; do
		result "splice.$variant.$what" "$(median "$variant.$what")"
	done
	result "splice.native.pass.$what" \
		"$(median_ratio native.$what pass.$what)"
	result "splice.generic.pass.$what" \
		"$(median_ratio generic.$what pass_generic.$what)"
done
