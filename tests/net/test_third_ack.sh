#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_third_ack.sh: the third segment in every shape (S6, S22, S70), and what
# comes right behind it. No RST, nothing lost, no delay.
#
# Topology: lib.sh. seg speaks from 10.77.0.50 and fd77::50, which nobody owns.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

shapes() {
	shape "S6 data in the third ACK, answered at once" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA
	send PA data=ping\n $2
	expect PA skip ack=iss+6 data=ok\n
	send R
	END
	shape "S6 third ACK that GRO merged with data" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA
	send PA len=4000 gso=1000 $2
	send PA data=\n $2
	expect PA skip ack=iss+4002 data=ok\n
	send R
	END
	shape "S22 third ACK lost, data repairs it" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA
	sleep 200
	send PA data=ping\n $2
	expect PA skip ack=iss+6 data=ok\n
	send R
	END
	shape "data right behind the third ACK" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA
	send A $2
	send PA data=pi $2
	send PA data=ng\n $2
	expect PA skip ack=iss+6 data=ok\n
	send R
	END
	shape "S49 S53 FIN in the third ACK, data after it, then FIN" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA
	send FPA data=ping\n $2
	expect PA skip ack=iss+7 data=ok\n
	expect FA
	send A seq=iss+7 ack=irs+5 $2
	expect none timeout=100
	END
	shape "FIN right behind the third ACK" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA
	send A $2
	send FA $2
	expect FA skip ack=iss+2
	send A $2
	expect none timeout=100
	END
	shape "third ACK twice, then data" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA
	send A $2
	send A seq=iss+1 $2
	send PA data=ping\n $2
	expect PA skip ack=iss+6 data=ok\n
	send R
	END
	shape "S5 SYN with data: not acknowledged, comes again" <<-END
	send S mss=1460 sack $1 ws=7 data=ping\n
	expect SA ack=iss+1
	send PA seq=iss+1 data=ping\n $2
	expect PA skip ack=iss+6 data=ok\n
	send R seq=iss+6
	END
}

# real_data NAME ADDR: 20 kB right behind the handshake, nothing lost
real_data() {
	lost=$(lost_cli)
	cli "$TOOLS/hold" -d "$2" -p 80 -b 20000 -s x -q >"$TMP/hold.out"
	assert_eq "$1: answered" "$(sed -n 2p "$TMP/hold.out")" ok
	assert_le "$1: nothing lost" $(($(lost_cli) - lost)) 0
}

# accept_full NAME: the application does not accept while clients send 20 kB
accept_full() {
	serve slow -p 81 -b 1 -A 60 -l "$TMP/slow.log"
	wait_for 3 listening 81
	resets=$(nstat_cli TcpEstabResets)
	for n in 1 2 3 4; do
		bg_cli "c$n" "$TOOLS/hold" -d "$SRV4" -p 81 -b 20000 -s x -q
	done
	wait_for 5 full_was_met
	kill -USR1 "$(cat "$TMP/slow.pid")"
	for n in 1 2 3 4; do
		wait_for 20 grep -q ok "$TMP/c$n.out"
		assert_eq "$1: client $n is answered" $? 0
	done
	assert_eq "$1: nobody was reset" "$(nstat_cli TcpEstabResets)" \
		"$resets"
	assert_ge "$1: its SYNs are not answered meanwhile" \
		"$(full_count)" 1
	for n in 1 2 3 4; do
		stop "c$n"
	done
	stop slow
}

full_count() {
	hf_quiet counters --json | jq '.counters.admit_accept_full +
		.counters.syn_drop_accept_full'
}

full_was_met() {
	[ "$(full_count)" -gt 0 ]
}

net_up
SRV_MAC=$(mac_of srv s0)
serve web -p 80 -l "$TMP/web.log"
[ $# -gt 0 ] || set -- generic gro native
for mode; do
	case $mode in
	gro) napi_on srv s0 && xdp=generic ;;
	native) native_peers c0 && xdp=native ;;
	*) xdp=generic ;;
	esac
	resets_out=$(nstat_srv TcpOutRsts)
	start_handfast -i s0 -m always -x "$xdp"
	for addr in "$SRV4" "$SRV6"; do
		shapes ts=1000,0 ts=1001,rts
		shapes '' ''
		shapes ts=1000,0 ''	# left out after the SYN
		real_data "$mode $addr 20 kB" "$addr"
	done
	accept_full "$mode accept queue full"
	assert_eq "$mode: no RST of a listener reached a client" \
		$(($(nstat_srv TcpOutRsts) - resets_out)) \
		"$(counter admit_rst_held)"
	check_identities
	hf detach --all
	stop handfastd
done
summary
