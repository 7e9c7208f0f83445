#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_grows.sh: what a machine may have many of (test_listeners.sh has the
# listening sockets): 2000 local addresses, some of which come and go, a set of
# 200000 addresses that changes each second, 200000 connections. Services stay
# protected, the daemon has little to do, `status` answers.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# at_ease WHAT CMD...: meanwhile
at_ease() {
	what=$1
	shift
	before=$(daemon_cpu)
	began=$(date +%s)
	"$@"
	sleep 5
	used=$(($(daemon_cpu) - before))
	most=$((5 * ($(date +%s) - began + 1)))
	echo "$what: $used ticks" >&2
	assert_le "$what: at most 5 % of a CPU" $used $most
	hf_clock
	asked=$hf_now
	hf_quiet status >/dev/null
	assert_eq "$what: armed" $? 0
	hf_clock
	assert_le "$what: status within 1 s" $((hf_now - asked)) 100
}

addresses() {
	for n in $(seq 0 1999); do
		echo "addr $1 10.88.$((n / 250)).$((n % 250 + 1))/32 dev lo"
	done >"$TMP/batch"
	ip -n "hf-$$-srv" -batch "$TMP/batch"
}

come_and_go() {
	for _ in $(seq 50); do
		ip -n "hf-$$-srv" addr del 10.88.3.7/32 dev lo
		ip -n "hf-$$-srv" addr add 10.88.3.7/32 dev lo
	done
}

one_more() {
	hf_answered=$(counter syn_answered)
	in_ns cli "$TOOLS/load" -d 10.88.9.9 -p 80 -r 1 -t 1 >/dev/null
	[ "$(counter syn_answered)" -gt "$hf_answered" ]
}

# One socket for all of them.
many_addresses() {
	ip -n "hf-$$-cli" route add 10.88.0.0/16 via "$SRV4"
	addresses add
	at_ease "2000 addresses" come_and_go
	connects "2000 addresses, the first" 20 20 80 10.88.0.1
	connects "2000 addresses, the last" 20 20 80 10.88.7.250
	ip -n "hf-$$-srv" addr add 10.88.9.9/32 dev lo
	wait_for 3 one_more
	connects "2000 addresses, one more" 20 20 80 10.88.9.9
	addresses del
}

set_of() {
	echo "flush set inet big banned"
	seq 0 199999 | awk -v low="$1" '
		{ printf "%s10.%d.%d.%d", NR == 1 ? \
			"add element inet big banned { " : ", ", \
			low + int($1 / 65536), int($1 / 256) % 256, $1 % 256 }
		END { print " }" }'
}

changes_each_second() {
	for low in 140 150 140 150; do
		in_ns srv nft -f "$TMP/set$low"
		sleep 1
	done
}

big_set() {
	srv nft add table inet big
	srv nft add set inet big banned '{ type ipv4_addr; }'
	srv nft add chain inet big in '{ type filter hook input priority 0; }'
	srv nft add rule inet big in ip saddr @banned drop
	set_of 140 >"$TMP/set140"
	set_of 150 >"$TMP/set150"
	at_ease "a set of 200000" changes_each_second
	connects "a set of 200000" 20 20
	srv nft delete table inet big
}

many_connections() {
	bg_cli one "$TOOLS/hold" -d "$SRV4" -p 80 -s ping
	wait_for 5 grep -q connected "$TMP/one.out"
	srv "$TOOLS/fill" /sys/fs/bpf/handfast/"$HF_NAME"/v[0-9]*/flows 200000
	assert_eq "200000 connections: in the table" $? 0
	at_ease "200000 connections" true
	connects "200000 connections" 20 20
	end_daemon KILL
	all_are_known "the daemon is dead"
	start
	all_are_known "the next one has taken them over"
	stop one
}

all_are_known() {
	assert_ge "200000 connections, $1: ESTABLISHED" \
		"$(hf_quiet states --json | jq .states.ESTABLISHED.now)" 200000
}

start() {
	start_handfast -i s0 -m always -x generic -p all -o max_flows=300000
}

net_up
serve web -p 80 -b 1024
start
many_addresses
big_set
many_connections
end_daemon KILL
hf detach --all --now
summary
