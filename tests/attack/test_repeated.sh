#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_repeated.sh: 450 spoofed SYNs a second are no flood, and each of them asks for
# five repetitions of its SYN-ACK: twice as many as may be sent. A client whose third
# segment was lost must get his first one all the same, and one network that knocks
# may not take them from the others.
#
# Topology: attack.sh; seg speaks from 10.101.0.N.
set -u
# shellcheck source=tests/attack/attack.sh
. "$(dirname "$0")/attack.sh"

# lost N: a client whose third segment was lost; was the SYN-ACK repeated in time?
lost() {
	in_ns cli "$TOOLS/seg" -i c0 -s "10.101.0.$1" -d "$SRV4" -m "$SRV_MAC" \
		"send S mss=1460 sack ts=1000,0 ws=7" "expect SA" \
		"expect SA again timeout=1900" >/dev/null 2>&1 &&
		echo "$1" >>"$TMP/repeated"
}

# all over the second, since its first milliseconds are the best
twenty_lost() {
	: >"$TMP/repeated"
	lost_ones=
	for n in $(seq 20); do
		lost "$n" &
		lost_ones="$lost_ones $!"
		sleep 0.05
	done
	# shellcheck disable=SC2086  # a list
	wait $lost_ones
	wc -l <"$TMP/repeated"
}

attack_up
defend -m always -o half_open_syn_rate=2000
assert_eq "nobody else: all are repeated" "$(twenty_lost)" 20
for from in 10.128.0.0/9 10.200.0.0/24; do
	sent=$(counter syn_ack_repeated)
	made=$(counter half_open_made)
	bg_cli flood "$TOOLS/flood" -i c0 -d "$SRV4" -p 80 -m "$SRV_MAC" -r 450 \
		-t 60 -s $from
	# until later ones are due as well: 18 s of it
	wait_for 40 counter_is half_open_made $((made + 8100))
	assert_eq "450 SYN/s from $from: all are repeated" "$(twenty_lost)" 20
	stop flood
	echo "$from: $(($(counter syn_ack_repeated) - sent)) repeated" >&2
done
disarm
summary
