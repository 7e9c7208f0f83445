#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_follow.sh: what changes under a running handfastd is followed, and real
# connections go on meanwhile.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

xdp_is() {
	[ "$(hf_quiet status --json | jq -r '.interfaces[0].xdp')" = "$1" ]
}

# XDP_TX reaches a veth's peer only while that has a program of its own
veth_peer() {
	assert_eq "peer without XDP: generic, and status says why" \
		"$(hf_quiet status --json | jq -r '.interfaces[0] |
			"\(.xdp) \(.why_generic | contains("peer"))"')" \
		"generic true"
	connects "generic" 50 50
	native_peers c0
	wait_for 5 xdp_is native
	connects "peer got XDP: native" 50 50
	ip -n "hf-$$-cli" link set c0 xdpdrv off
	wait_for 5 xdp_is generic
	connects "peer lost XDP: generic" 50 50
}

# the kernel would reset what is handed to it: SYNs pass until that is mended
syncookies_off() {
	works=$(in_ns srv cat /proc/sys/net/ipv4/tcp_syncookies)
	sysctl_in srv net.ipv4.tcp_syncookies 0
	wait_for 3 why_has tcp_syncookies
	assert_eq "S71: tcp_syncookies=0: status says so" $? 0
	hf_quiet status >/dev/null
	assert_eq "tcp_syncookies=0: status exits 1" $? 1
	connects "tcp_syncookies=0: the kernel alone" 50 0
	sysctl_in srv net.ipv4.tcp_syncookies "$works"
	wait_for 3 hf_quiet status
	connects "mended: cookies again" 50 50
}

accepted() {
	[ "$(counter ack_accepted)" -ge "$1" ]
}

# three rotations while connections are made all the time
key_rotation() {
	stop handfastd
	start_handfast -i s0 -m always
	generation=$(hf_quiet keys --json | jq .generation)
	bg_cli load "$TOOLS/load" -d "$SRV4" -p 80 -r 200 -t 4
	for some in 100 300 500; do
		wait_for 4 accepted $some
		hf_quiet keys rotate >/dev/null
		assert_eq "keys rotate: exit 0" $? 0
	done
	join load
	assert_eq "keys rotate under load: no handshake fails" $? 0
	assert_eq "keys rotate under load: they did" \
		"$(hf_quiet keys --json | jq .generation)" $((generation + 3))
	assert_eq "keys rotate under load: every ACK was accepted" \
		"$(counter ack_rejected)" 0
}

# Its SYNs passed while nobody listened: the kernel may have begun with some.
listener_asks() {
	wait_for 20 old_sockets_are 0
	asked=$(asked_until)
	serve later -p 82
	wait_for 5 asked_since "$asked"
	assert_eq "a listener appears: SYNs ask for old sockets" $? 0
	wait_for 20 old_sockets_are 0
	assert_eq "... and no more, when there is none" $? 0
	stop later
}

services_listening_are() {
	[ "$(hf_quiet services --json |
		jq '[.services[] | select(.listening)] | length')" -eq "$1" ]
}

# Twice 600 ports one after the other are more names than there are rows.
rows_are_given_back() {
	stop handfastd
	start_handfast -i s0 -m always
	before=$(hf_quiet services --json |
		jq '[.services[] | select(.listening)] | length')
	for first in 20000 21000; do
		bg_srv many "$TOOLS/listen" $first 600
		wait_for 10 services_listening_are $((before + 600))
		assert_eq "600 listeners from $first: all have a row" $? 0
		stop many
		wait_for 5 services_listening_are "$before"
	done
	serve last -p 90
	wait_for 5 listening 90
	connects "after 1200 listeners: the next service" 20 20 90
	stop last
}

# client closed first: the records are gone within seconds, counted as closed
records_leave() {
	wait_for 5 all_closed
	assert_eq "records of closed connections leave" $? 0
}

all_closed() {
	hf_quiet counters --json | jq -e '.counters |
		.flow_created > 0 and .flow_created == .flow_closed' >/dev/null &&
	[ "$(hf_quiet flows --json | jq .total)" -eq 0 ]
}

# killed, and taken over, while connections are made
killed_and_taken_over() {
	stop handfastd
	start_handfast -i s0 -m always
	bg_cli load "$TOOLS/load" -d "$SRV4" -p 80 -r 200 -t 5
	wait_for 3 some_answered
	end_daemon KILL
	wait_for 3 daemon_is dead
	at_death=$(counter syn_answered)
	wait_for 3 more_answered
	pass "killed: SYNs are answered without a daemon"
	start_handfast -i s0 -m always
	assert_eq "taken over: running" "$(hf_quiet status --json |
		jq -r .daemon)" running
	join load
	assert_eq "killed and taken over: no connection failed" $? 0
	assert_eq "taken over: the counters went on" "$(counter syn_answered)" \
		1000
}

some_answered() {
	[ "$(counter syn_answered)" -gt 100 ]
}

more_answered() {
	[ "$(counter syn_answered)" -gt $((at_death + 50)) ]
}

# SIGUSR2 leaves the data plane for the next one
left_for_the_next() {
	end_daemon USR2
	wait_for 3 daemon_is dead
	connects "SIGUSR2: the data plane goes on" 50 50
	start_handfast -i s0 -m always
	connects "the next daemon" 50 50
}

# SIGTERM: outstanding cookies are still accepted, nothing is left
drained() {
	bg_cli load "$TOOLS/load" -d "$SRV4" -p 80 -r 300 -t 4
	wait_for 3 some_answered
	end_daemon TERM
	join load
	assert_eq "SIGTERM under load: no connection failed" $? 0
	ls "/sys/fs/bpf/handfast/$HF_NAME" >/dev/null 2>&1
	assert_eq "SIGTERM: no pin is left" $? 2
	assert_eq "SIGTERM: no XDP is left" "$(ip -n "hf-$$-srv" -j link show s0 |
		jq -r '.[0].xdp')" null
}

# jumbo frames in native mode, which needs XDP that takes fragments
jumbo_native() {
	ip -n "hf-$$-srv" link set s0 mtu 9000
	ip -n "hf-$$-cli" link set c0 mtu 3000
	native_peers c0
	start_handfast -i s0 -m always -x native
	assert_eq "MTU 9000, native" "$(hf_quiet status --json |
		jq -r '.interfaces[0].xdp')" native
	connects "MTU 9000, native" 50 50
}

needs_reqsk test_follow
net_up
serve web -p 80 -b 1024
start_handfast -i s0 -m always
veth_peer
records_leave
listener_asks
syncookies_off
key_rotation
rows_are_given_back
killed_and_taken_over
left_for_the_next
check_identities
drained
jumbo_native
summary
