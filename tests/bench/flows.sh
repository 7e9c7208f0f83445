#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# flows.sh: what a million idle connections cost: kernel memory, the daemon's
# memory and CPU, the time of `handfast states` with the daemon alive and dead.
#
# The records are copies of one real connection's. The next daemon takes them
# over, as after a crash.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

N=${1:-1000000}
TABLE=1048576

# cpu_ms PID
cpu_ms() {
	awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1000 / hz }' \
		"/proc/$1/stat"
}

# median of five runs, ms
states_ms() {
	for _ in 1 2 3 4 5; do
		start_ns=$(date +%s%N)
		hf_quiet states >/dev/null || return 1
		echo $((($(date +%s%N) - start_ns) / 1000000))
	done | sort -n | sed -n 3p
}

map_bytes() {
	bpftool -j map show pinned "$PINS/$1" | jq .bytes_memlock
}

established() {
	hf_quiet states --json | jq .states.ESTABLISHED.now
}

all_there() {
	[ "$(established)" -eq $((N + 1)) ]
}

crash() {
	kill -KILL "$(cat "$TMP/handfastd.pid")"
	rm "$TMP/handfastd.pid"
}

start() {
	instance "$HF_NAME"
	bg_srv handfastd "$HANDFASTD" -n "$HF_NAME" -o max_flows=$TABLE -i s0 \
		-m always
	wait_for 60 hf_quiet status
}

net_up
bg_srv web "$TOOLS/srv" -p 80 -k
wait_for 5 grep -q ready "$TMP/web.out"
start
bg_cli hold "$TOOLS/hold" -d $SRV4 -p 80
wait_for 5 grep -q connected "$TMP/hold.out"
PINS=$(echo /sys/fs/bpf/handfast/"$HF_NAME"/v[0-9]*)
crash
"$TOOLS/fill" "$PINS/flows" "$N" || exit 1
dead_ms=$(states_ms)
start_ns=$(date +%s%N)
start
wait_for 60 all_there || exit 1
took_ms=$((($(date +%s%N) - start_ns) / 1000000))
pid=$(cat "$TMP/handfastd.pid")
alive_ms=$(states_ms)
before=$(cpu_ms "$pid")
sleep 30
after=$(cpu_ms "$pid")
echo "$N flows, table of $TABLE"
for map in flows presence; do
	[ -e "$PINS/$map" ] && echo "kernel memory, $map: \
$(($(map_bytes $map) / TABLE)) bytes a flow"
done
echo "daemon's memory: $(($(awk '/^VmRSS/ { print $2 }' \
	"/proc/$pid/status") * 1024 / N)) bytes a flow"
echo "idle daemon: $(echo "$before $after" |
	awk '{ printf "%.1f", ($2 - $1) / 300 }') % of a core (target 2)"
echo "states, daemon alive: $alive_ms ms (target 50)"
echo "states, daemon dead: $dead_ms ms (target 500)"
echo "start and taking over: $took_ms ms"
