#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_incidents.sh: a flood is written down: in the log when it begins and when it
# is over, and by `handfast incidents`, with the daemon alive, dead, and another one.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# of the last incident
incident() {
	hf_quiet incidents --json | jq -r ".incidents[-1] | $1"
}

goes_on() {
	[ "$(incident .goes_on)" = "$1" ]
}

has_service() {
	[ "$(incident .service)" = "$1" ]
}

says() {
	grep -q "$1" "$TMP/handfastd.out"
}

# flood PORT SECONDS: 300 SYNs a second, all of whom connect
flood() {
	bg_cli load "$TOOLS/load" -d "$SRV4" -p "$1" -r 300 -t "$2"
}


one_flood() {
	flood 80 3
	wait_for 3 goes_on true
	assert_eq "a flood: it goes on" "$(incident .goes_on)" true
	wait_for 3 has_service "*:80"
	assert_eq "a flood: the service that is sent most" \
		"$(incident .service)" "*:80"
	assert_eq "a flood: in the log" \
		"$(grep -c 'flood of SYNs on \*:80: now ' "$TMP/handfastd.out")" 1
	join load
	wait_for 10 goes_on false
	assert_ge "a flood: its peak" "$(incident .peak_syn_rate)" 200
	assert_le "a flood: its length without flood_hold_s" \
		"$(incident '.length_s | floor')" 5
	assert_ge "a flood: clients let in, of 900" \
		"$(incident .counters.ack_accepted)" 600
	assert_le "a flood: no more than there were" \
		"$(incident .counters.ack_accepted)" 900
	assert_eq "a flood: its end in the log" \
		"$(grep -c 'flood on \*:80 is over after [0-9]* s: ' \
		"$TMP/handfastd.out")" 1
	assert_eq "a flood: one, in a table" \
		"$(hf_quiet incidents | grep -c ' \*:80 ')" 1
}

# A daemon that dies in the middle: the next one goes on with the record.
taken_over() {
	flood 81 6
	wait_for 3 has_service "*:81"
	end_daemon KILL
	assert_eq "daemon dead: it is shown" "$(incident .service)" "*:81"
	assert_eq "daemon dead: it goes on" "$(incident .goes_on)" true
	start_handfast -i s0 -m always -o flood_syn_rate=100 \
		-o flood_hold_s=1
	join load
	wait_for 10 goes_on false
	assert_eq "taken over: the first one and still the second" \
		"$(hf_quiet incidents --json | jq -c \
			'[.incidents[] | [.number, .service]] | sort')" \
		'[[1,"*:80"],[2,"*:81"]]'
	assert_eq "taken over: its service" "$(incident .service)" "*:81"
	assert_ge "taken over: its length" "$(incident '.length_s | floor')" 4
}

# The flood ends while no daemon looks: its end is not when the next one comes.
nobody_looked() {
	flood 80 3
	wait_for 3 goes_on true
	end_daemon KILL
	join load
	wait_for 10 goes_on false
	assert_eq "daemon dead: the end is seen" "$(incident .goes_on)" false
	sleep 6		# time that must not count
	start_handfast -i s0 -m always -o flood_syn_rate=100 \
		-o flood_hold_s=1
	wait_for 3 says "is over after"
	assert_eq "nobody looked: the third one" "$(incident .number)" 3
	assert_le "nobody looked: its length" \
		"$(incident '.length_s | floor')" 6
}

net_up
serve web81 -p 81
serve web -p 80
start_handfast -i s0 -m always -o flood_syn_rate=100 -o flood_hold_s=4
assert_eq "calm: none" "$(hf_quiet incidents --json | jq -c .incidents)" "[]"
one_flood
taken_over
nobody_looked
hf_quiet detach --all >/dev/null
hf_quiet incidents >/dev/null 2>&1
assert_eq "not attached: exit 1" $? 1
summary
