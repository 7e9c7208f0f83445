#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_iperf3.sh: iperf3 behind both handoffs: 99 streams at once, short runs, and
# a GiB each way, by its own count.
#
# Topology: tests/net/lib.sh; what has to hold: lib.sh.
set -u
# shellcheck source=tests/servers/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # of lib.sh
PORTS=5201

# It has one test at a time, and takes its listener away after each: meanwhile a SYN in
# ten seconds passes, to see who answers now.
LEFT="$LEFT syn_pass_no_listener syn_pass_learn"

ready() {
	tail -n 2 "$TMP/iperf3.out" | grep -q '^Server listening'
}

# runs EACH N ARG...: N connections, EACH of them in a run, each run when the server
# is ready again; a time is a run's
runs() {
	each=$1
	left=$(($2 / $1))
	shift 2
	while [ "$left" -gt 0 ]; do
		wait_for 10 ready >&2
		timed 1 iperf3 -c "$addr" "$@"
		left=$((left - 1))
	done
}

# with a control connection
load_streams() {
	runs 100 "$1" -P 99 -n 10M
}

load_short() {
	runs 2 "$1" -n 1K
}

# counted ARG...: so much has arrived when the sender, who sends a little more,
# ends the test
counted() {
	made=$((made + 2))
	wait_for 10 ready &&
	in_ns cli iperf3 -J -c "$addr" -n $((MIB + 16))M "$@" >"$TMP/json" &&
	jq -e --argjson n $((MIB << 20)) '.end.sum_received.bytes >= $n' \
		"$TMP/json" >/dev/null
}

content_counted() {
	counted && counted -R
}

needs iperf3 stdbuf
servers_up
# a line as it is said: ready() reads them
bg_srv iperf3 stdbuf -oL iperf3 -s
up in_ns cli iperf3 -c "$SRV4" -n 1K
compare iperf3 counted streams:2000 short:400
stop iperf3
summary
