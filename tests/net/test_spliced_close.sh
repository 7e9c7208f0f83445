#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_spliced_close.sh: how spliced connections end in the odd ways that client and
# server may choose: RSTs, FINs that cross, half a connection; and windows that
# close. The plain kernel is tried with the same scripts first, and must come out
# alike.
#
# Topology: both.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/both.sh
. "$(dirname "$0")/both.sh"

is_over() {
	! states_of "$hf_from" | grep -q ESTABLISHED
}

# reset NAME SERVER-SENDS CLIENT-EXPECTS: with data of the server's in flight
reset() {
	both "$1" "
		expect S skip
		send SA $SYN_ACK
		expect PA skip data=ping\\n
		send PA data=abc ts=9001,rts
		send $2" <<-END
	send S $SYN
	expect SA
	send A $TS
	$opened
	send PA data=ping\n $TS
	expect PA skip data=abc seq=irs+1
	expect $3
	END
	[ -z "$spliced" ] || wait_for 5 is_over
}

server_resets() {
	reset "RST behind data in flight" R "R skip seq=irs+4"
	reset "RST where the client has got to" "R seq=iss+1" "R skip seq=irs+1"
	reset "RST with ACK" "RA ack=irs+6" "RA skip seq=irs+4 ack=iss+6"
	reset "RST with payload" "R data=because" \
		"R skip seq=irs+4 data=because"
	reset "RST with ACK and payload" "RA ack=irs+6 data=why" \
		"RA skip seq=irs+4 ack=iss+6 data=why"
	both "RST beside the mark ends nothing" "
		expect S skip
		send SA $SYN_ACK
		expect A skip ack=iss+1
		send R seq=iss+5000
		expect PA skip data=ping\\n
		send PA data=ok\\n ts=9001,rts" <<-END
	send S $SYN
	expect SA
	send A $TS
	expect R skip seq=irs+5000
	send PA data=ping\n $TS
	expect PA skip data=ok\n seq=irs+1
	send R
	END
}

# both_are STATE: the client's leg and the server's
both_are() {
	[ "$(states_of "$hf_from")" = "$1" ] && [ "$(hf_quiet states -j |
		jq ".server_states.$1.now")" -ge 1 ]
}

# how often the server's leg, whose FIN is acknowledged last, was in CLOSING
closing() {
	hf_quiet states -j | jq .server_states.CLOSING.entered
}

# Neither FIN acknowledges the other. The client stops when they have crossed,
# and again when each is acknowledged.
crossing() {
	both_serve "
		expect S skip
		send SA $SYN_ACK
		expect A skip ack=iss+1
		send FA ts=9001,rts
		expect FA skip seq=irs+1 ack=iss+1
		expect A skip seq=irs+2 ack=iss+2
		send A ack=irs+2 ts=9002,rts"
	script_open client "$hf_from" "$addr"
	cat >&4 <<-END
	set sport=$both_port
	send S $SYN
	expect SA
	send A $TS
	expect FA skip seq=irs+1 ack=iss+1
	send FA ack=irs+1 $TS
	END
	[ -z "$spliced" ] || wait_for 5 both_are FIN_WAIT_1
	[ -z "$spliced" ] || closings=$(closing)
	cat >&4 <<-END
	send A ack=irs+2 $TS
	expect A skip seq=irs+2 ack=iss+2
	END
	script_close client
	assert_eq "both FINs cross: $mode $addr" $? 0
	both_served "both FINs cross"
	[ -n "$spliced" ] || return
	wait_for 5 both_are TIME_WAIT
	assert_eq "$mode ... TIME_WAIT of both legs" $? 0
	assert_eq "$mode ... by CLOSING" "$(closing)" $((closings + 1))
}

# one end closes its side, and gets or sends a megabyte all the same
half_closed() {
	timeout 20 nsenter --net="/run/netns/$(ns_of cli)" "$TOOLS/hold" \
		-d "$addr" -p 83 -s x -w >"$TMP/hold.out"
	assert_eq "$mode the client closes its side, gets a megabyte, $addr" \
		"$(tail -1 "$TMP/hold.out")" bytes=$MEGABYTE
	: >"$TMP/half.log"
	timeout 20 nsenter --net="/run/netns/$(ns_of cli)" "$TOOLS/hold" \
		-d "$addr" -p 82 -s x -b $MEGABYTE >"$TMP/hold.out"
	wait_for 5 grep -q "^close .* bytes=$((MEGABYTE + 2))$" "$TMP/half.log"
	assert_eq "$mode the server closes its side, gets a megabyte, $addr" \
		$? 0
}

persists() {
	in_ns cli ss -Htno "dport = :85" | grep -q persist
}

# The window closes, is probed, and opens.
no_window() {
	both "probes of one byte" "
		expect S skip
		send SA $SYN_ACK
		expect PA skip data=ping\\n
		send A win=0 ts=9001,rts
		expect A skip data=x seq=irs+6
		send A win=0 ack=irs+6 ts=9002,rts
		expect A skip again data=x seq=irs+6
		send A win=1 ts=9003,rts
		expect PA skip data=yz\\n seq=irs+7
		send PA data=ok\\n ts=9004,rts" <<-END
	send S $SYN
	expect SA
	send A $TS
	$opened
	send PA data=ping\n $TS
	expect A skip ack=iss+6 win=0
	send A seq=iss+6 data=x $TS
	expect A skip ack=iss+6 win=0
	send A seq=iss+6 data=x $TS
	expect A skip ack=iss+7
	assert rwin > 0
	send PA seq=iss+7 data=yz\n $TS
	expect PA skip data=ok\n
	send R seq=iss+10
	END
}

# The server's buffer is tiny, and nobody reads it for a while.
tiny_buffer() {
	serve tiny -p 85 -B 2048 -A 60 -l "$TMP/tiny.log"
	[ -z "$spliced" ] || wait_for 5 listening 85
	bg_cli hold "$TOOLS/hold" -d "$addr" -p 85 -b 100000
	wait_for 10 persists
	assert_eq "$mode a tiny buffer: the window closes, $addr" $? 0
	kill -USR1 "$(cat "$TMP/tiny.pid")"
	wait_for 20 sent_all
	assert_eq "$mode ... and opens, until all is there" $? 0
	stop hold
	wait_for 5 grep -q "^close .* bytes=100000$" "$TMP/tiny.log"
	assert_eq "$mode ... byte by byte" $? 0
	stop tiny
}

sent_all() {
	in_ns cli ss -Htni "dport = :85" | grep -q bytes_acked:100001
}

all_cases() {
	for addr in "$SRV4" "$SRV6"; do
		half_closed
		tiny_buffer
	done
	for addr in $BOX4 $BOX6; do
		server_resets
		crossing
		no_window
	done
}

net_up
box_up
serve half -p 82 -s -l "$TMP/half.log"
serve mega -p 83 -r $MEGABYTE
plain
all_cases
[ $# -gt 0 ] || set -- generic native
for xdp; do
	spliced_by "$xdp" -p 82-85 -p "$BOX4:80,[$BOX6]:80" -o msl_s=1
	all_cases
	for from in $SEG4 $SEG6; do
		wait_for 15 no_flow_of "$from"
		assert_eq "$mode nothing stays of $from" $? 0
	done
	unspliced
done
summary
