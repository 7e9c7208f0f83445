#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_reload.sh: SIGHUP under a running handfastd: a good file holds at once,
# a bad one changes nothing, the command line stays above the file.
#
# Topology: lib.sh, with a second veth pair c1 - s1 made later.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

log_lines() {
	grep -c "$1" "$TMP/handfastd.out"
}

# hup TEXT: SIGHUP, and wait for one more line of the log with TEXT
hup() {
	hup_before=$(log_lines "$1")
	signal_daemon HUP
	wait_for 3 logged_more "$1"
}

logged_more() {
	[ "$(log_lines "$1")" -gt "$hup_before" ]
}

reload() {
	hup "configuration read again"
}

# answered NAME PORT COOKIES: of 20 connections
answered() {
	connects "$1: port $2" 20 "$3" "$2"
}

lists_and_modes() {
	conf '[handfast]' 'mode = always' 'interfaces = s0' 'protect = 80'
	start_handfast -c "$TMP/conf"
	answered "at start" 80 20
	answered "at start" 81 0
	assert_eq "at start: the data plane knows that all are always" \
		"$(variable control modes)" 2
	conf '[handfast]' 'mode = always' 'interfaces = s0' 'protect = 80, 81'
	reload
	answered "protect more" 81 20
	conf '[handfast]' 'mode = always' 'interfaces = s0' \
		'protect = 80, 81' 'exclude = 80'
	reload
	answered "exclude" 80 0
	answered "exclude" 81 20
	conf '[service 81]' 'mode = off' '[handfast]' 'mode = always' \
		'interfaces = s0' 'protect = 80, 81'
	reload
	answered "a service is off" 81 0
	answered "a service is off" 80 20
	assert_eq "a service is off: not all are always" \
		"$(variable control modes)" 3
}

# a conversation that began before goes on
open_connection_stays() {
	conf '[handfast]' 'mode = always' 'interfaces = s0' 'protect = 80, 81'
	reload
	bg_cli load "$TOOLS/load" -d "$SRV4" -p 80 -r 100 -t 3
	sleep 1
	conf '[handfast]' 'mode = always' 'interfaces = s0' 'protect = 81'
	reload
	join load
	assert_eq "not protected any more, under load: none failed" $? 0
	answered "not protected any more" 80 0
}

# the command says what the daemon's log says
by_command() {
	hf_quiet reload --json >"$TMP/out"
	assert_eq "$1: handfast reload: exit" $? "$2"
	assert_eq "$1: keys for later" "$(jq -c .later "$TMP/out")" "$3"
}

bad_file() {
	conf '[handfast]' 'mode = always' 'interfaces = s0' 'protect = 80' \
		'drain_s = soon'
	hup "$TMP/conf:5: drain_s: 'soon': not a number"
	assert_eq "bad file: the log says line and why" $? 0
	answered "bad file: as before" 80 0
	answered "bad file: as before" 81 20
	by_command "bad file" 1 "" 2>"$TMP/err"
	grep -q "$TMP/conf:5: drain_s: 'soon': not a number" "$TMP/err"
	assert_eq "bad file: handfast reload says the same" $? 0
	srv "$HANDFASTD" -n "$HF_NAME" -c "$TMP/conf" -t 2>"$TMP/err"
	assert_eq "bad file: handfastd -t exits 1" $? 1
	grep -q "$TMP/conf:5: drain_s: 'soon': not a number" "$TMP/err"
	assert_eq "bad file: handfastd -t says the same" $? 0
}

later() {
	conf '[handfast]' 'mode = always' 'interfaces = s0' 'protect = 80' \
		'max_half_open = 5000' 'event_ring_bytes = 8192'
	by_command "later" 0 '["max_half_open","event_ring_bytes"]'
	hup "event_ring_bytes: takes effect at the next start"
	assert_eq "event_ring_bytes: said to be later" $? 0
	assert_eq "max_half_open: said to be later" "$(log_lines \
		"max_half_open: takes effect at the next start")" 2
	answered "the rest holds at once" 80 20
}

attached() {
	hf_quiet status --json | jq -e --arg i "$1" \
		'.interfaces[] | select(.name == $i) | .armed' >/dev/null
}

named() {
	hf_quiet status --json | jq -e --arg i "$1" \
		'[.interfaces[].name] | index($i)' >/dev/null
}

not_named() {
	! named "$1"
}

interfaces() {
	conf '[handfast]' 'mode = always' 'interfaces = s0, s1' 'protect = 80'
	reload
	grep -q "s1: no such interface, waited for" "$TMP/handfastd.out"
	assert_eq "an interface that is missing: waited for" $? 0
	answered "while one is waited for" 80 20
	hf_link cli c1 srv s1
	wait_for 5 attached s1
	assert_eq "it comes: attached" $? 0
	conf '[handfast]' 'mode = always' 'interfaces = s0' 'protect = 80'
	reload
	wait_for 3 not_named s1
	assert_eq "not named any more: detached" $? 0
	hf attach s1 >/dev/null
	reload
	attached s1
	assert_eq "attached by handfast attach: stays" $? 0
}

tried() {
	grep -c "s1: tried, again in" "$TMP/handfastd.out"
}

tried_more_than() {
	[ "$(tried)" -gt "$1" ]
}

# s1 is there and cannot be attached any more: its peer lost its XDP program
refused_interface() {
	stop handfastd
	native_peers c0 c1
	conf '[handfast]' 'mode = always' 'interfaces = s0, s1' 'xdp = native'
	export HANDFAST_DEBUG=1
	start_handfast -c "$TMP/conf"
	unset HANDFAST_DEBUG
	wait_for 20 old_sockets_are 0
	asked=$(asked_until)
	ip -n "hf-$$-cli" link set dev c1 xdp off
	wait_for 15 tried_more_than 2
	assert_eq "cannot be attached: tried after 1, 2, 4 s" \
		"$(grep -o 's1: tried, again in [0-9]* s' \
			"$TMP/handfastd.out" | awk '{ print $5 }' |
			head -n 3 | tr '\n' ' ')" "1 2 4 "
	assert_eq "... and SYNs on other interfaces ask no sockets for it" \
		"$(asked_until)" "$asked"
	hf attach s1 2>"$TMP/err"
	assert_eq "attach by command: its error" $? 1
	native_peers c1
	hf attach s1 >/dev/null
	assert_eq "attach by command: the one that is waited for" \
		"$(hf_quiet status --json | jq -c '[.interfaces[] |
		select(.name == "s1") | .armed]')" "[true]"
}

# s1 gets the slot in which s0 counted
slot_counts_anew() {
	answered "before its slot is another's" 80 20
	total=$(counter syn_seen)
	hf detach s0 >/dev/null
	hf detach s1 >/dev/null
	hf attach s1 >/dev/null
	assert_eq "the slot of another interface: counts begin at zero" \
		"$(hf_quiet counters --interfaces --json |
		jq -c '[.interfaces | keys, .s1.syn_seen]')" '[["s1"],0]'
	assert_eq "... and the sum goes on" "$(counter syn_seen)" "$total"
}

command_line_wins() {
	stop handfastd
	conf '[handfast]' 'mode = off' 'interfaces = nosuch' 'protect = 81'
	start_handfast -c "$TMP/conf" -i s0 -o mode=always -p 80
	answered "options over file" 80 20
	answered "options replace the list" 81 0
	conf '[handfast]' 'mode = off' 'interfaces = other' 'protect = 81' \
		'exclude = 82'
	reload
	answered "SIGHUP: options over file" 80 20
	answered "SIGHUP: options replace the list" 81 0
	reload
	answered "SIGHUP again: options over file" 80 20
}

no_daemon() {
	stop handfastd
	hf_quiet reload 2>"$TMP/err"
	assert_eq "no daemon: exit 1" $? 1
	grep -q "no daemon runs" "$TMP/err"
	assert_eq "no daemon: said" $? 0
}

net_up
serve web -p 80 -b 1024
serve web81 -p 81 -b 1024
lists_and_modes
open_connection_stays
bad_file
later
interfaces
check_identities
refused_interface
slot_counts_anew
command_line_wins
check_identities
no_daemon
summary
