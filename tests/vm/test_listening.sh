#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_listening.sh: the functions that begin and end to listen tell the daemon of it,
# and no other socket of the host pays for that.
#
# In a guest (see run.sh): not each kernel lets its functions be traced. Alone: it counts
# the programs of all daemons. Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

# loaded PROGRAM: how many there are
loaded() {
	bpftool -j prog list | jq "map(select(.name == \"$1\")) | length"
}

# runs: of the two programs, since they are counted
runs() {
	bpftool -j prog list |
		jq 'map(select(.name | startswith("hf_listen_")) | .run_cnt // 0) |
			add'
}

# listens PORT: handfast knows
listens() {
	hf_quiet services --json | jq -e --arg port ":$1" \
		'any(.services[]; (.service | endswith($port)) and .listening)' \
		>/dev/null
}

ended() {
	! listens "$1"
}

net_up
serve web -p 80
start_handfast -i s0 -m auto
assert_eq "by functions" "$(loaded hf_listen_start) $(loaded hf_listen_stop)" "1 1"
assert_eq "not by each change of state" "$(loaded hf_listening)" 0
sysctl -q kernel.bpf_stats_enabled=1
before=$(runs)
cli "$TOOLS/load" -d "$SRV4" -p 80 -r 100 -t 1 >/dev/null
assert_eq "100 connections" $? 0
assert_eq "... cost it nothing" "$(runs)" "$before"
serve other -p 81
wait_for 3 listens 81
assert_eq "a socket listens: handfast knows" $? 0
begun=$(runs)
assert_ge "... told by the function" "$begun" $((before + 1))
stop other
wait_for 3 ended 81
assert_eq "it does not any more: handfast knows" $? 0
assert_ge "... told by the function" "$(runs)" $((begun + 1))
end_daemon TERM
summary
