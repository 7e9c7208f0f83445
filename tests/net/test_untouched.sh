#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_untouched.sh: what is not for a protected service goes on as without
# handfast (S17, S36, S42): other protocols, other ports, own connections, and
# connections that this host forwards.
#
# Topology: lib.sh, and behind the server a third namespace:
#
#   cli c0 ---- s0 srv v0 ---- b0 bk       bk: 10.79.0.2/24, fd79::2/64
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

BK4=10.79.0.2

# answered NAME ADDR PORT WHOSE: the request is answered, by that server
answered() {
	before=$(counter syn_answered)
	lines=$(grep -c ^accept "$TMP/$4.log")
	cli "$TOOLS/load" -d "$2" -p "$3" -r 20 -t 1 >/dev/null
	assert_eq "$1: all connect" $? 0
	assert_ge "$1: by the right server" \
		$(($(grep -c ^accept "$TMP/$4.log") - lines)) 20
	assert_eq "$1: no SYN was answered by handfast" \
		"$(counter syn_answered)" "$before"
}

forwarded() {
	answered "forwarded to the same port" $BK4 80 bk
}

other_protocols() {
	cli "$TOOLS/udp" -d "$SRV4" -p 80 -r 20
	assert_eq "S42: UDP to a protected port" $? 0
	cli "$TOOLS/udp" -d "$SRV6" -p 80 -r 20
	assert_eq "UDP over IPv6" $? 0
	ip -n "hf-$$-cli" neigh flush dev c0
	hf_neigh_use cli c0 "$SRV4" "$SRV6"
	pass "ARP and neighbour discovery"
	cli "$TOOLS/udp" -d "$SRV4" -p 80 -r 2 -s 30000
	assert_eq "S36 S42: UDP in fragments" $? 0
	cli "$TOOLS/udp" -d "$SRV4" -p 9 -r 1
	assert_eq "ICMP port unreachable comes back" $? 3
}

own_connections() {
	bg_cli their "$TOOLS/srv" -p 80 -l "$TMP/their.log"
	wait_for 5 grep -q ready "$TMP/their.out"
	for addr in "$CLI4" "$CLI6"; do
		srv "$TOOLS/load" -d "$addr" -p 80 -r 50 -t 1 >/dev/null
		assert_eq "own connection to $addr" $? 0
	done
	stop their
}

other_ports() {
	serve plain -p 8000 -l "$TMP/plain.log"
	answered "port not protected" "$SRV4" 8000 plain
	stop plain
	SRV_MAC=$(mac_of srv s0)
	talk 10.77.0.50 "$SRV4" <<-END
	send S dport=83 mss=1460
	expect RA
	END
	assert_eq "protected port without a listener: refused at once" $? 0
	assert_ge "... and counted" "$(counter syn_pass_no_listener)" 1
}

net_up
behind_up bk 0
serve web -p 80 -l "$TMP/web.log"
hf_bg bk bk "$TOOLS/srv" -p 80 -l "$TMP/bk.log"
bg_srv udp "$TOOLS/udp" -l -p 80
wait_for 5 grep -q ready "$TMP/bk.out"
start_handfast -i s0 -m always -p 80,8080-8085,83
other_protocols
other_ports
own_connections
forwarded
before=$(counter syn_answered)
cli "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 1 >/dev/null
assert_eq "the protected service itself" "$(counter syn_answered)" \
	$((before + 20))
check_identities
summary
