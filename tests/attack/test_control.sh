#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_control.sh: what no client says to the control socket, and more of them than
# the daemon has files for: it goes on to answer, at no cost, and so does the data
# plane.
#
# Topology: attack.sh.
set -u
# shellcheck source=tests/attack/attack.sh
. "$(dirname "$0")/attack.sh"

SOCKET=/run/handfast/$HF_NAME.sock

cpu_ticks() {
	awk '{ print $14 + $15 }' "/proc/$(cat "$TMP/handfastd.pid")/stat"
}

# answers NAME: the daemon does, and is idle meanwhile
answers() {
	hf_quiet status >/dev/null
	assert_eq "$1: status exits 0" $? 0
	hf_quiet status --json >"$TMP/status"
	assert_eq "$1: the daemon answers" \
		"$(jq -r .daemon "$TMP/status")" running
}

# is_idle NAME: below a fifth of a CPU in a second
is_idle() {
	ticks=$(cpu_ticks)
	sleep 1
	assert_le "$1: hundredths of a CPU" $(($(cpu_ticks) - ticks)) 20
}

nobody_may() {
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$TOOLS/knock" "$SOCKET" hold 1 >/dev/null 2>"$TMP/nobody"
	assert_eq "who is not root may not" $? 1
	assert_eq "... and hears why" \
		"$(grep -c 'Permission denied' "$TMP/nobody")" 1
}

crowd() {
	hf_bg srv crowd "$TOOLS/knock" "$SOCKET" "$1" 2000
	wait_for 20 grep -q connected "$TMP/crowd.out"
	assert_le "2000 connections, $1: files of the daemon" \
		"$(find "/proc/$(cat "$TMP/handfastd.pid")/fd" -type l | wc -l)" 300
	answers "2000 connections, $1"
	is_idle "2000 connections, $1"
	stop crowd
	answers "2000 connections, $1, gone"
}

attack_up
# the files of a plain login
prlimit --pid $$ --nofile=1024:1024
defend -m always
bg_cli real "$TOOLS/load" -d "$SRV4" -p 80 -r 50 -t 120
nobody_may
crowd hold
crowd half
for bytes in 1000 65535 65536 100000; do
	srv "$TOOLS/knock" "$SOCKET" big $bytes >/dev/null
	answers "a message of $bytes bytes"
done
srv "$TOOLS/knock" "$SOCKET" deep 60000 >/dev/null
answers "60000 brackets"
srv "$TOOLS/knock" "$SOCKET" ask 3000 >"$TMP/ask.out"
assert_eq "3000 requests: all are answered" "$(field answered ask)" 3000
answers "3000 requests"
stop real
assert_eq "all real clients connect" "$(field failed real)" 0
disarm
summary
