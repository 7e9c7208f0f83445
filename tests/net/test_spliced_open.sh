#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_spliced_open.sh: how spliced connections begin in the odd ways that a client
# or a server may choose: third ACKs of every kind, SYN-ACKs that come again. The
# plain kernel is tried with the same scripts first, and must come out alike.
#
# Topology: both.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/both.sh
. "$(dirname "$0")/both.sh"

# What a client sends before the window is open is lost on it, and repeated.
third_acks() {
	shape "third ACK with data" <<-END
	send S $SYN
	expect SA
	send PA data=ping\n $TS
	$opened
	send PA seq=iss+1 data=ping\n $TS
	expect PA skip data=ok\n ack=iss+6
	send R
	END
	shape "third ACK with FIN" <<-END
	send S $SYN
	expect SA
	send FA $TS
	$opened
	send FA seq=iss+1 $TS
	expect FA skip ack=iss+2
	send A ack=irs+2 $TS
	END
	shape "third ACK with data and FIN" <<-END
	send S $SYN
	expect SA
	send FPA data=ping\n $TS
	$opened
	send FPA seq=iss+1 data=ping\n $TS
	expect PA skip data=ok\n
	expect FA skip ack=iss+7
	send A ack=irs+5 $TS
	END
	shape "third ACK that GRO merged with data" <<-END
	send S $SYN
	expect SA
	send PA len=4000 gso=1000 $TS
	$opened
	send PA seq=iss+1 len=4000 gso=1000 $TS
	send PA data=\n $TS
	expect PA skip data=ok\n ack=iss+4002
	send R
	END
	shape "timestamps are left out after the SYN" <<-END
	send S $SYN
	expect SA
	send A
	$opened
	send PA data=ping\n
	expect PA skip data=ok\n ack=iss+6
	send R
	END
	shape "third ACK and data back to back" <<-END
	send S $SYN
	expect SA
	send A $TS
	send PA data=pi $TS
	send PA data=ng\n $TS
	$opened
	send PA seq=iss+1 data=pi $TS
	send PA seq=iss+3 data=ng\n $TS
	expect PA skip data=ok\n ack=iss+6
	send R
	END
}

# writes NAME HOLD-ARG...: a client that writes at once; the server counts bytes
writes() {
	what=$1
	shift
	: >"$TMP/web.log"
	timeout 20 nsenter --net="/run/netns/$(ns_of cli)" "$TOOLS/hold" \
		-d "$addr" -p 80 -s x -b $MEGABYTE -w "$@" >"$TMP/hold.out"
	wait_for 5 grep -q "^close .* bytes=$((MEGABYTE + 2))$" "$TMP/web.log"
	assert_eq "$mode $what: each byte arrives, $addr" $? 0
	assert_eq "$mode ... by one connection" \
		"$(grep -c ^accept "$TMP/web.log")" 1
}

# Both senders see each SYN-ACK, and acknowledge it from a CPU of their own.
twice() {
	first=$((both_port + 1)) both_port=$((both_port + 200))
	for port in $(seq $first $both_port); do
		cat <<-END >&3
		set sport=$port
		send S seq=$((port * 50000)) $SYN
		expect SA skip
		send A $TS
		$opened
		send PA data=ping\n $TS
		expect PA skip data=ok\n
		END
		cat <<-END
		print sport
		set sport=$port
		set iss=$((port * 50000))
		expect SA skip ack=iss+1
		send A seq=iss+1 $TS
		END
	done 3>"$TMP/one.seg" >"$TMP/other.seg"
	from=$SEG4
	[ "$addr" = "$SRV6" ] && from=$SEG6
	: >"$TMP/web.log"
	resets="src host $addr and (tcp[13] & 4 != 0 or ip6[53] & 4 != 0)"
	capture resets cli c0 "$resets"
	bg_cli other taskset 2 sh -c "$TOOLS/seg -i c0 -s $from -d $addr \
		-m $SRV_MAC <$TMP/other.seg"
	wait_for 5 grep -q sport "$TMP/other.out"
	in_ns cli taskset 1 "$TOOLS/seg" -i c0 -s $from -d "$addr" \
		-m "$SRV_MAC" <"$TMP/one.seg" >"$TMP/one.out" 2>&1
	assert_eq "$mode third ACK on two CPUs at once, $addr" $? 0
	join other || fail "$mode ... the other sender's"
	assert_eq "$mode ... one connection each" \
		"$(grep -c ^accept "$TMP/web.log")" 200
	stop resets
	assert_eq "$mode ... no RST" "$(tcpdump -r "$TMP/resets.pcap" -n \
		2>/dev/null | wc -l)" 0
	in_ns srv ss -K state established sport = :80 >/dev/null 2>&1
}

# The ACK that ends the server's handshake is lost once; its client is silent.
repeated() {
	in_ns srv nft -f - <<-END || fail "nft takes the rules"
	table inet once {
		chain pre {
			type filter hook prerouting priority raw;
			tcp dport 84 tcp flags & (syn|ack|psh) == ack numgen inc mod 1000 0 drop
		}
	}
	END
	again=$(nstat_srv TcpRetransSegs)
	timeout 10 nsenter --net="/run/netns/$(ns_of cli)" "$TOOLS/hold" \
		-d "$addr" -p 84 -q >"$TMP/hold.out"
	assert_eq "$mode the server's SYN-ACK comes twice, $addr" \
		"$(tail -1 "$TMP/hold.out")" hello
	assert_eq "$mode ... it was repeated" \
		$(($(nstat_srv TcpRetransSegs) - again)) 1
	in_ns srv nft delete table inet once
}

# The server forgot its SYN-ACK and makes another one; the client of the plain
# kernel has not seen the first.
other_isn() {
	both "a second SYN-ACK has another number" "
		expect S skip
		send SA seq=1000 $SYN_ACK
		${spliced:+expect A skip ack=1001}
		send SA seq=7000000 $SYN_ACK
		expect A skip ack=7000001
		expect PA skip data=ping\\n ack=7000001
		send PA data=ok\\n ts=9002,rts
		expect A skip ack=7000004
		${spliced:+send SA seq=3000 ack=irs+1 $SYN_ACK}
		${spliced:+expect R skip seq=irs+1}
		send PA seq=7000004 data=more\\n ts=9003,rts
		expect R skip" <<-END
	send S $SYN
	expect SA
	${spliced:+#} expect SA
	send A $TS
	$opened
	$opened
	send PA data=ping\n $TS
	expect PA skip data=ok\n seq=irs+1 ack=iss+6
	send A $TS
	expect PA skip data=more\n seq=irs+4
	send R
	END
}

all_cases() {
	for addr in "$SRV4" "$SRV6"; do
		third_acks
		writes "a client that writes at once"
		writes "a client that acknowledges with its data" -a
		twice
		repeated
	done
	for addr in $BOX4 $BOX6; do
		other_isn
	done
}

net_up
box_up
serve web -p 80 -b 1024 -l "$TMP/web.log"
serve greet -p 84 -g
plain
all_cases
[ $# -gt 0 ] || set -- generic native
for xdp; do
	spliced_by "$xdp" -p 80,84 -p "$BOX4:80,[$BOX6]:80"
	all_cases
	unspliced
done
summary
