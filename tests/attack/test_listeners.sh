#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_listeners.sh: a local user opens listening sockets by the thousand: more
# than there are rows, ten thousand one after the other, 16000 on one port. The
# services that were there keep their rows, those that come afterwards get one, it
# is said what is not protected, and the daemon has little to do all the while.
#
# Topology: attack.sh.
set -u
# shellcheck source=tests/attack/attack.sh
. "$(dirname "$0")/attack.sh"

ROWS=1023

# listen_many ARGS...: of tools/listen.c; they listen when this returns
listen_many() {
	bg_srv many "$TOOLS/listen" "$@"
	wait_for 20 grep -q ready "$TMP/many.out"
}

# unprotected N: status says that so many are not, and exits 1
unprotected() {
	! hf_quiet status >"$TMP/status" &&
		grep -q "armed: no, $1 services* not protected: " "$TMP/status"
}

# at_ease WHAT: the daemon and its answers
at_ease() {
	before=$(daemon_cpu)
	sleep 10
	used=$(($(daemon_cpu) - before))
	echo "$1: $used thousandths of a CPU" >&2
	assert_le "$1: less than 10 % of a CPU" $used 100
	hf_clock
	began=$hf_now
	hf_quiet status >/dev/null
	hf_clock
	assert_le "$1: status within 1 s" $((hf_now - began)) 100
}

# comes NAME PORT: a service that starts is protected at once, and goes
comes() {
	serve one -p "$2"
	wait_for 2 listening "$2"
	connects "$1" 20 20 "$2"
	stop one
}

more_than_rows() {
	listen_many 20000 1100
	wait_for 5 unprotected $((1101 - ROWS))
	assert_eq "1100 listeners: status says what is not protected" $? 0
	connects "1100 listeners: those that were there" 20 20
	serve waits -p 82
	wait_for 5 unprotected $((1102 - ROWS))
	assert_eq "1100 listeners: one more is not" $? 0
	stop many
	wait_for 2 hf_quiet status
	assert_eq "they are closed: all are protected" $? 0
	connects "they are closed: one that waited" 20 20 82
	stop waits
	comes "they are closed: the next service" 83
}

one_by_one() {
	for port in $(seq 31001 31020); do
		comes "one by one, the $((port - 31000))th" "$port"
	done
	before=$(daemon_cpu)
	srv "$TOOLS/listen" 20000 10000 one 1
	assert_le "10000 in a row: less than 10 % of a CPU" \
		$(($(daemon_cpu) - before)) 120
	comes "10000 in a row: the next service" 84
}

many_ports() {
	listen_many 20000 1500
	wait_for 5 unprotected $((1501 - ROWS))
	at_ease "1500 ports"
	stop many
}

one_port() {
	wait_for 5 hf_quiet status
	listen_many 9000 16000 same
	wait_for 5 listening 9000
	at_ease "16000 on one port"
	serve one -p 85
	wait_for 10 listening 85
	assert_eq "16000 on one port: a new service is protected" $? 0
	connects "16000 on one port: a new service" 20 20 85
	hf_quiet status >/dev/null
	assert_eq "16000 on one port: armed" $? 0
}

attack_up
defend -m always -p all
more_than_rows
one_by_one
many_ports
one_port
disarm
summary
