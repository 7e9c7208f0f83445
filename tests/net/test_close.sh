#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_close.sh: the end of connections with every loss (S46 to S65): which
# states the server's side passes through, how long TIME_WAIT lasts, and that
# the tuple is free, or is not, afterwards.
#
# Topology: lib.sh. seg speaks from addresses that nobody owns; what is lost is
# what it does not send.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

OPTS='mss=1460 ws=7 sack ts=1000,0'
TS='ts=1001,rts'

# "FROM:EVENT TIMES" of each arrow that ends a connection
taken_now() {
	hf_quiet states --transitions --json | jq -r '.transitions[] |
		select(.event | test("^(rcv|snd)_(fin|ack_of|rst)")) |
		"\(.from):\(.event) \(.taken)"'
}

# those taken since $TMP/arrows.before, in the table's order
arrows() {
	taken_now >"$TMP/arrows.now"
	with_before "$TMP/arrows.now" "$TMP/arrows.before" |
		awk '$2 > $3 { printf "%s%s", sep, $1; sep = " " }'
}

arrows_are() {
	[ "$(arrows)" = "$1" ]
}

# close_is NAME CLIENT ARROWS < COMMANDS
close_is() {
	taken_now >"$TMP/arrows.before"
	talk "$2" $SRV4
	assert_eq "$1" $? 0
	wait_for 3 arrows_are "$3"
	assert_eq "$1: arrows" "$(arrows)" "$3"
}

# with_before NOW BEFORE: each line of NOW, and its number in BEFORE
with_before() {
	awk 'NR == FNR { before[$1] = $2; next } { print $1, $2, before[$1] }' \
		"$2" "$1"
}

client_first() {
	close_is "S50 S51 S55: FIN, FIN+ACK, ACK: client first" 10.77.0.41 \
		"ESTABLISHED:rcv_fin CLOSE_WAIT:snd_fin LAST_ACK:rcv_ack_of_fin" \
		<<-END
	send S dport=80 $OPTS
	expect SA
	send A $TS
	send FA $TS
	expect FA skip ack=iss+2
	send A ack=irs+2 $TS
	expect none timeout=300
	END
	close_is "S59: last ACK lost: the server's FIN comes again" 10.77.0.42 \
		"ESTABLISHED:rcv_fin CLOSE_WAIT:snd_fin LAST_ACK:rcv_ack_of_fin" \
		<<-END
	send S dport=80 $OPTS
	expect SA
	send A $TS
	send FA $TS
	expect FA skip ack=iss+2
	expect FA skip again ack=iss+2
	send A ack=irs+2 $TS
	END
	close_is "S57: ACK of the client's FIN lost: acknowledged again" \
		10.77.0.43 \
		"ESTABLISHED:rcv_fin CLOSE_WAIT:rcv_fin_again" <<-END
	send S dport=82 $OPTS
	expect SA
	send A $TS
	send FA $TS
	expect A ack=iss+2
	send FA seq=iss+1 $TS
	expect A ack=iss+2
	END
}

server_first() {
	close_is "S51: four segments, server first" 10.77.0.44 \
		"ESTABLISHED:snd_fin FIN_WAIT_1:rcv_ack_of_fin FIN_WAIT_2:rcv_fin" \
		<<-END
	send S dport=81 $OPTS
	expect SA
	send A $TS
	expect FA
	send A ack=irs+2 $TS
	send FA ack=irs+2 $TS
	expect A ack=iss+2
	END
	close_is "S46: FIN and ACK in one segment" 10.77.0.45 \
		"ESTABLISHED:snd_fin FIN_WAIT_1:rcv_fin_ack" <<-END
	send S dport=81 $OPTS
	expect SA
	send A $TS
	expect FA
	send FA ack=irs+2 $TS
	expect A ack=iss+2
	END
	close_is "S48 S63: simultaneous close" 10.77.0.46 \
		"ESTABLISHED:snd_fin FIN_WAIT_1:rcv_fin CLOSING:rcv_ack_of_fin" \
		<<-END
	send S dport=81 $OPTS
	expect SA
	send A $TS
	expect FA
	send FA ack=irs+1 $TS
	expect A skip ack=iss+2
	send A ack=irs+2 seq=iss+2 $TS
	END
	close_is "S56: first FIN lost: it comes again" 10.77.0.47 \
		"ESTABLISHED:snd_fin FIN_WAIT_1:rcv_ack_of_fin FIN_WAIT_2:rcv_fin" \
		<<-END
	send S dport=81 $OPTS
	expect SA
	send A $TS
	expect FA
	expect FA again
	send A ack=irs+2 $TS
	send FA ack=irs+2 $TS
	expect A ack=iss+2
	END
	close_is "S59: our last ACK lost: FIN again restarts 2 MSL" 10.77.0.48 \
		"ESTABLISHED:snd_fin FIN_WAIT_1:rcv_ack_of_fin FIN_WAIT_2:rcv_fin TIME_WAIT:rcv_fin_again" \
		<<-END
	send S dport=81 $OPTS
	expect SA
	send A $TS
	expect FA
	send A ack=irs+2 $TS
	send FA ack=irs+2 $TS
	expect A ack=iss+2
	sleep 600
	send FA seq=iss+1 ack=irs+2 $TS
	expect A ack=iss+2
	END
	close_is "RST ends it" 10.77.0.49 "ESTABLISHED:rcv_rst" <<-END
	send S dport=82 $OPTS
	expect SA
	send A $TS
	send R seq=iss+1
	END
	close_is "RFC 5961: a RST beside the mark does not" 10.77.0.50 "" <<-END
	send S dport=82 $OPTS
	expect SA
	send A $TS
	send R seq=iss+90
	expect A
	send PA data=x\n $TS
	expect PA skip data=ok\n
	END
}

kernel_time_waits() {
	srv ss -Htn state time-wait dst "$1" | grep -c .
}

# msl_s=1: 2 s of TIME_WAIT, in the kernel too; then the tuple is free
time_wait() {
	stop handfastd
	start_handfast -i s0 -m always -o msl_s=1
	talk 10.77.0.51 $SRV4 <<-END
	send S sport=5151 dport=81 $OPTS
	expect SA
	send A $TS
	expect FA
	send A ack=irs+2 $TS
	send FA ack=irs+2 $TS
	expect A ack=iss+2
	END
	assert_eq "TIME_WAIT: closed" $? 0
	hf_clock
	began=$hf_now
	wait_for 5 state_is 10.77.0.51 TIME_WAIT
	assert_eq "S60: the kernel has it too" "$(kernel_time_waits 10.77.0.51)" 1
	wait_for 5 state_is 10.77.0.51 ""
	hf_clock
	assert_ge "S60: 2 MSL (1/100 s)" $((hf_now - began)) 190
	assert_eq "S60: the kernel's ended as well" \
		"$(kernel_time_waits 10.77.0.51)" 0
	talk 10.77.0.51 $SRV4 <<-END
	send S sport=5151 dport=82 mss=1460
	expect SA
	send A
	send PA data=x\n
	expect PA skip data=ok\n
	send R
	END
	assert_eq "S62 S65: the tuple's next connection" $? 0
}

# fin_wait_2 CLIENT [EXPECT]: the server has closed, the client says nothing more.
# $began is before that, so what is measured is the longest that it may have been.
fin_wait_2() {
	hf_clock
	began=$hf_now
	talk "$1" $SRV4 <<-END
	send S dport=81 $OPTS
	expect SA
	send A $TS
	${2:-}
	expect FA
	send A ack=irs+2 $TS
	END
	assert_eq "FIN_WAIT_2: closed by the server" $? 0
	wait_for 5 state_is "$1" FIN_WAIT_2
	assert_eq "S58: FIN_WAIT_2" $? 0
	wait_for 8 state_is "$1" ""
	hf_clock
	assert_eq "S58: the kernel has none" \
		"$(srv ss -Htn state fin-wait-2 dst "$1")" ""
}

# a client that never closes: tcp_fin_timeout, ours or the kernel's
fin_timeout() {
	stop handfastd
	start_handfast -i s0 -m always -o tcp_fin_timeout=3
	fin_wait_2 10.77.0.53
	assert_ge "S58: ended after tcp_fin_timeout (1/100 s)" \
		$((hf_now - began)) 280
	srv sysctl -qw net.ipv4.tcp_fin_timeout=1
	fin_wait_2 10.77.0.54
	assert_ge "S58: the kernel's ended before (1/100 s)" \
		$((hf_now - began)) 280
	hf_quiet states --transitions --json >"$TMP/states"
	assert_eq "the kernel has no socket any more: an arrow" "$(jq -r \
		'.transitions[] | select(.from == "FIN_WAIT_2" and
			.event == "gone") | .taken' "$TMP/states")" 2
}

# The client's last segment is lost, the kernel waits 1 s: a splice's socket is
# asked for, too, and translates nothing for hours.
splice_fin_timeout() {
	stop handfastd
	start_handfast -i s0 -m always -o handoff=splice -o tcp_fin_timeout=3
	fin_wait_2 10.77.0.55 "expect A"
	state_is 10.77.0.55 ""
	assert_eq "splice, FIN_WAIT_2: its record ends with the socket" $? 0
}

# the client closed first: no TIME_WAIT, the tuple is free at once
reuse() {
	talk 10.77.0.52 $SRV4 <<-END
	send S sport=5252 dport=80 $OPTS
	expect SA
	send A $TS
	send FA $TS
	expect FA skip ack=iss+2
	send A ack=irs+2 $TS
	END
	talk 10.77.0.52 $SRV4 <<-END
	send S sport=5252 dport=80 mss=1460 ts=9000,0
	expect SA
	send PA data=x\n ts=9001,rts
	expect PA skip data=ok\n
	send R
	END
	assert_eq "S65: client closed first: the tuple at once" $? 0
}

net_up
SRV_MAC=$(mac_of srv s0)
seg_hosts 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55
serve web80 -p 80
serve web81 -p 81 -c
serve web82 -p 82 -k
start_handfast -i s0 -m always
client_first
server_first
check_identities
time_wait
reuse
check_identities
fin_timeout
check_identities
splice_fin_timeout
check_identities
summary
