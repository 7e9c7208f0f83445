#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# flows.sh: what a million idle connections cost: kernel memory, the daemon's
# memory and CPU, the time of `handfast states` with the daemon alive and dead.
#
# The records are copies of one real connection's. The next daemon takes them
# over, as after a crash.
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

N=${1:-1000000}
TABLE=1048576
IDLE_S=${IDLE_S:-20}

# median of five runs, ms
states_ms() {
	for _ in 1 2 3 4 5; do
		start_ns=$(date +%s%N)
		hf_quiet states >/dev/null || return 1
		echo $((($(date +%s%N) - start_ns) / 1000000))
	done | middle
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

start() {
	instance "$HF_NAME"
	bg_srv handfastd "$HANDFASTD" -n "$HF_NAME" -o max_flows=$TABLE \
		-o learn_s=0 -i s0 -m always
	wait_for 60 hf_quiet status
}

net_up
quiet
bg_srv web "$TOOLS/srv" -p 80 -k
wait_for 5 grep -q ready "$TMP/web.out"
start
bg_cli hold "$TOOLS/hold" -d $SRV4 -p 80
wait_for 5 grep -q connected "$TMP/hold.out"
PINS=$(echo /sys/fs/bpf/handfast/"$HF_NAME"/v[0-9]*)
end_daemon KILL
"$TOOLS/fill" "$PINS/flows" "$N" || give_up "table not filled"
dead_ms=$(states_ms)
start_ns=$(date +%s%N)
start
wait_for 60 all_there || give_up "the daemon does not know all flows"
took_ms=$((($(date +%s%N) - start_ns) / 1000000))
pid=$(cat "$TMP/handfastd.pid")
alive_ms=$(states_ms)
before=$(cpu_ns "$pid")
sleep "$IDLE_S"
idle_ns=$(($(cpu_ns "$pid") - before))
echo "$N flows, table of $TABLE"
result flows.bytes $((($(map_bytes flows) + $(map_bytes presence)) / TABLE))
result flows.daemon_bytes $(($(awk '/^VmRSS/ { print $2 }' \
	"/proc/$pid/status") * 1024 / N))
result flows.idle "$(calc "$idle_ns / $IDLE_S / 1e7" %.1f)"
result flows.states_alive "$alive_ms"
result flows.states_dead "$dead_ms"
result flows.takeover "$took_ms"
