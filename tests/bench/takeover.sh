#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# takeover.sh: a flood and real connections, while the daemon dies three times and
# another one takes over, and while nobody dies: how many of a million SYNs of the
# flood got lost before they were counted, how long real connections took; and what
# processor time a new daemon takes.
#
# The flood comes by s1 from CPU 1, real clients by s0; both are received by threads
# on CPU 0 that must share it with whoever runs there.
set -u
ROUNDS=${ROUNDS:-3}	# of 20 s each
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

RATE=${RATE:-300000}		# SYN/s asked for; a slow machine makes fewer
CONNECTIONS=${CONNECTIONS:-300}
LIFE=3				# seconds of each daemon

syns_seen() {
	hf_quiet counters --json --interfaces |
		jq '.interfaces.s1.syn_seen'
}

receive_on_0() {
	thread=$(napi_thread srv "$1" 0) || give_up "no NAPI thread of $1"
	renice -n 0 "$thread" >/dev/null
}

daemon() {
	start_handfast -i s0 -i s1 -m always -x native
}

# Nobody asks how it is: that costs processor time, too.
die_and_live() {
	end_daemon KILL
	sleep 1
	bg_srv handfastd "$HANDFASTD" -n "$HF_NAME" -o max_flows=65536 \
		-o learn_s=0 -i s0 -i s1 -m always -x native
	sleep $((LIFE - 1))
	note cpu_ns "$(cpu_ns "$(cat "$TMP/handfastd.pid")")"
}

# once NAME DO: DO is done three times
once() {
	seen=$(syns_seen)
	bg_cli load "$TOOLS/load" -d "$SRV4" -p 80 -r "$CONNECTIONS" \
		-t $((3 * LIFE + 1))
	bg_fld flood "$TOOLS/flood" -i f0 -d "$SRV4_FLD" -p 80 -m "$MAC" \
		-r "$RATE" -t $((3 * LIFE + 1)) -c 1
	sleep 0.5
	$2
	$2
	$2
	join flood || give_up "flood"
	join load
	wait_for 5 hf_quiet status || give_up "no daemon"
	sent=$(field sent flood)
	lost=$((sent - $(syns_seen) + seen))
	echo "$1: $(cat "$TMP/flood.out"), $lost lost; $(cat "$TMP/load.out")"
	note "$1.lost" "$(calc "1000000 * $lost / $sent" %.0f)"
	note "$1.p50" "$(field p50_us load)"
	note "$1.p99" "$(field p99_us load)"
	note "$1.failed" "$(field failed load)"
}

two_cpus
net_up
net_flood_up
quiet
MAC=$(mac_of srv s1)
native_peers c0 f0 || give_up "XDP at the peers"
serve web -p 80 -b 4096
daemon
receive_on_0 s0
receive_on_0 s1
round=0
while [ $round -lt "$ROUNDS" ]; do
	for name in $(turn $round deaths none); do
		case $name in
		deaths) once deaths die_and_live ;;
		none) once none "sleep $LIFE" ;;
		esac
	done
	round=$((round + 1))
done
for name in none deaths; do
	result takeover.$name.lost "$(median $name.lost)"
	result takeover.$name.failed "$(median $name.failed)"
	for what in p50 p99; do
		result takeover.$name.$what \
			"$(calc "$(median $name.$what) / 1000")"
	done
done
result takeover.cpu "$(calc "$(median cpu_ns) / 1000000" %.0f)"
result takeover.more_lost "$(paste "$TMP/deaths.lost.figures" \
	"$TMP/none.lost.figures" | awk '{ print $1 - $2 }' | middle)"
result takeover.p99_ratio "$(median_ratio deaths.p99 none.p99)"
