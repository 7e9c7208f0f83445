#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_deploys.sh: what operators do all day while 500 clients a second connect: a
# server that restarts with a gap, hands over by SO_REUSEPORT, is started by its
# socket, is slow, drops clients in silence; clients without a way back; twenty
# banned networks that knock, calm and under flood. Nobody else notices, the service
# stays protected, `status` exits 0. The plain kernel beside it.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# clients NAME: 500 a second, for two seconds, of whom none waits long
clients() {
	bg_cli load "$TOOLS/load" -d "$SRV4" -p 80 -r 500 -t 2 -k "${1:-2500}"
	opened=$(hf_nstat srv TcpPassiveOpens)
	wait_for 3 some_connected
}

some_connected() {
	[ "$(hf_nstat srv TcpPassiveOpens)" -ge $((opened + 100)) ]
}

failed_are() {
	join load
	assert_le "$mode $1: clients fail, of 1000" "$(field failed load)" "$2"
}

# protected NAME: who comes now is answered by a cookie, but for the SYNs that have
# to see what became of the server; and it is said
protected() {
	[ "$mode" = "plain kernel" ] && return
	wait_for 3 answers
	hf_answered=$(counter syn_answered)
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 50 -t 1 >/dev/null
	assert_eq "$mode $1: all connect" $? 0
	assert_ge "$mode $1: by cookies, of 50" \
		$(($(counter syn_answered) - hf_answered)) 40
	hf_quiet status >/dev/null
	assert_eq "$mode $1: status exits 0" $? 0
}

# Between the old one's end and the new one's begin clients are refused, at once.
restarts() {
	clients 8000
	stop web
	sleep 0.3
	serve web -p 80 -b 1024 -R 2
	join load
	assert_eq "$mode restart with a gap: refused at once, or served" \
		"$(field over_200ms load)" 0
	protected "restart with a gap"
}

# The kernel resets whom the old one had not accepted: as many as without us.
hands_over() {
	clients
	serve new -p 80 -b 1024 -R 2
	stop web
	failed_are "handed over by SO_REUSEPORT" 10
	serve web -p 80 -b 1024 -R 2
	stop new
	protected "handed over"
}

# Its socket stays while the server does not: clients wait, and are served.
by_socket() {
	stop web
	hf_bg srv unit systemd-socket-activate -l 80 --inetd -a \
		sh -c 'read -r line; echo ok'
	wait_for 5 tcp_listens
	in_ns cli "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 1 >/dev/null
	assert_eq "$mode a socket unit: all connect" $? 0
	stop unit
	serve web -p 80 -b 1024 -R 2
	protected "a socket unit"
}

tcp_listens() {
	in_ns srv ss -ltn | grep -q ':80 '
}

slow() {
	serve slow -p 81 -b 16 -A 2
	cli "$TOOLS/load" -d "$SRV4" -p 81 -r 100 -t 1 -k 12000 >/dev/null
	assert_eq "$mode a slow one: all are served in the end" $? 0
	stop slow
	protected "a slow one"
}

silent_drop() {
	serve silent -p 82 -D
	in_ns cli "$TOOLS/load" -d "$SRV4" -p 82 -r 50 -t 2 -k 500 >/dev/null 2>&1
	stop silent
	protected "silent-drop"
}

# Clients to whom no route leads.
no_way_back() {
	ip -n "hf-$$-cli" addr add 10.201.0.1/32 dev lo
	ip -n "hf-$$-srv" route add blackhole 10.201.0.0/16
	bg_cli lost "$TOOLS/load" -d "$SRV4" -p 80 -r 50 -t 2 -k 500 \
		-S 10.201.0.1
	clients
	failed_are "a blackhole for some" 0
	join lost
	assert_eq "$mode a blackhole for some: they do not connect" \
		"$(field ok lost)" 0
	protected "a blackhole for some"
	ip -n "hf-$$-srv" route del blackhole 10.201.0.0/16
	ip -n "hf-$$-cli" addr del 10.201.0.1/32 dev lo
}

ban() {
	for net in $(seq 20); do
		ip -n "hf-$$-cli" addr add "10.200.$net.1/32" dev lo
	done
	srv nft -f - <<-END
	table inet bans {
		set banned {
			type ipv4_addr; flags interval
			elements = { 10.200.0.0-10.200.20.255 }
		}
		chain in {
			type filter hook input priority filter
			ip saddr @banned tcp dport 80 drop
		}
	}
	END
}

unban() {
	srv nft delete table inet bans
	for net in $(seq 20); do
		ip -n "hf-$$-cli" addr del "10.200.$net.1/32" dev lo
	done
}

# knock SECONDS: each banned network, twice a second
knock() {
	for net in $(seq 20); do
		bg_cli "knock$net" "$TOOLS/load" -d "$SRV4" -p 80 -r 2 \
			-t "$1" -k 400 -S "10.200.$net.1" 2>/dev/null
	done
}

knocked() {
	for net in $(seq 20); do
		join "knock$net"
		[ "$(field ok "knock$net")" = 0 ] || return
	done
}

banned() {
	ban
	knock 3
	clients
	failed_are "twenty banned networks" 0
	knocked
	assert_eq "$mode twenty banned networks: they get nothing" $? 0
	protected "twenty banned networks"
	[ "$mode" = "plain kernel" ] || under_flood
	unban
}

under_flood() {
	passed=$(counter syn_passed)
	bg_cli flood "$TOOLS/flood" -i c0 -d "$SRV4" -p 80 \
		-m "$(mac_of srv s0)" -s 10.128.0.0/9 -r 100000 -t 5 -c 1
	wait_for 5 phase_is flood
	knock 3
	clients 5000
	failed_are "twenty banned networks, under flood" 0
	knocked
	assert_eq "$mode ..., under flood: they get nothing" $? 0
	hf_quiet status >/dev/null
	assert_eq "$mode ..., under flood: status exits 0" $? 0
	join flood
	assert_le "$mode ..., under flood: as few SYNs pass as theirs, of $(field \
		sent flood)" $(($(counter syn_passed) - passed)) 1000
	wait_for 15 phase_is calm
}

each() {
	restarts
	hands_over
	by_socket
	slow
	silent_drop
	no_way_back
	banned
}

net_up
napi_on srv s0
serve web -p 80 -b 1024 -R 2
mode="plain kernel"
each
for mode in reqsk splice; do
	[ $mode = reqsk ] && ! handoff_is reqsk && continue
	start_handfast -i s0 -x generic -m always -o "handoff=$mode" \
		-o flood_hold_s=1 -o drain_splice_s=0
	each
	check_identities
	end_daemon TERM
done
summary
