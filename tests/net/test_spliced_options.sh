#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_spliced_options.sh: what a spliced connection's segments carry besides
# their data: everything of the header that is nobody's to translate arrives as it
# was sent, and what either kernel has turned off is not in force on either side.
# The plain kernel first.
#
# Topology: both.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/both.sh
. "$(dirname "$0")/both.sh"

# The segments with data of a capture, without what is translated and what a
# router changes; checksums are right or not.
said() {
	tcpdump -r "$TMP/$1.pcap" -n -v 2>/dev/null |
		awk '/^[0-9]/ { if (line) print line; line = $0; next }
			{ line = line $0 } END { print line }' |
		sed -E '/ seq [0-9]+:[0-9]+,/!d; s/^[^ ]* //
			s/, ttl [0-9]+//; s/hlim [0-9]+/hlim/
			s/cksum 0x[0-9a-f]+/cksum/; s/ seq [0-9:]+,//
			s/ ack [0-9]+,//; s/ win [0-9]+,//
			s/TS val [0-9]+ ecr [0-9]+/TS/'
}

# what is sent with data, each acknowledged before the next
ODD='UPA urg=3 data=urgent
PA urg=9 data=pointer
PA tos=2 data=ect0
PA tos=1 data=ect1
PA tos=3 data=ce
EPA tos=0xba data=ece
CPA tos=0x20 data=cwr
PA tos=0xb8 data=dscp
PA rawopt=fd06abcd1234 data=experimental
PA nop=1 rawopt=1e0500abcd data=mptcp
PA rawopt=4d03aa data=unknown
PA rawopt=0000 data=nothing_more'

# sends TSVAL, receives TSVAL: seg's lines of either end of $ODD
sends() {
	echo "$ODD" | sed "s/.*/send & ts=$1,rts\nexpect A skip ack=snd_nxt/"
}

receives() {
	echo "$ODD" |
		sed "s/\([A-Z]*\).* data=/expect \1 skip data=/
			s/\$/\nsend A ts=$1,rts/"
}

all_seen() {
	[ "$(said "$1" | wc -l)" -ge 24 ]
}

as_sent() {
	capture front srv s0 "tcp and (host $SEG4 or host $SEG6)"
	capture behind srv v0 "tcp and (host $SEG4 or host $SEG6)"
	both "what is nobody's to translate" "
		expect SEC skip
		send SAE $SYN_ACK
		expect A skip ack=iss+1
		$(receives 9001)
		$(sends 9002)" <<-END
	send SEC $SYN
	expect SAE
	send A $TS
	$opened
	$(sends 1002)
	$(receives 1003)
	send R
	END
	wait_for 5 all_seen front	# it writes when it has the time
	wait_for 5 all_seen behind
	stop front
	stop behind
	said front >"$TMP/front"
	said behind >"$TMP/behind"
	assert_eq "$mode $addr: all of it was seen" "$(wc -l <"$TMP/front")" 24
	assert_eq "$mode $addr: each is behind as it is in front" \
		"$(diff "$TMP/front" "$TMP/behind")" ""
	assert_eq "$mode $addr: checksums are right" \
		"$(grep -c "(correct)" "$TMP/behind")" 24
}

# SACK blocks of both ends, at any alignment
blocks() {
	both "SACK blocks at odd places" "
		expect S skip
		send SA $SYN_ACK
		expect A skip ack=iss+1
		send PA seq=iss+4 data=def ts=9001,rts
		expect A skip ack=iss+1 blocks=1 left=iss+4 right=iss+7
		send PA seq=iss+7 data=ghi ts=9001,rts
		expect A skip ack=iss+1 blocks=3 left=iss+7 right=iss+10
		send PA seq=iss+1 data=abc ts=9001,rts
		expect PA skip data=xyz seq=irs+4
		send A ack=irs+1 nop=1 blocks=irs+4,irs+7 ts=9002,rts
		expect R skip" <<-END
	send S $SYN
	expect SA
	send A $TS
	expect PA skip data=def seq=irs+4
	send A ack=irs+1 nop=1 blocks=irs+4,irs+7 $TS
	expect PA skip data=ghi
	send A ack=irs+1 $TS nop=3 blocks=irs+7,irs+10,irs+4,irs+7,irs+1,irs+2
	expect PA skip data=abc
	send PA seq=iss+4 ack=irs+10 data=xyz $TS
	expect A skip ack=iss+1 blocks=1 left=iss+4 right=iss+7
	send R seq=iss+1
	END
}

# The server grants neither, and hears of neither. The plain kernel's client knows.
refused() {
	syn_ack=SA
	[ -z "$spliced" ] || syn_ack=SAE
	both "SACK and ECN refused by the server" "
		expect SEC skip
		send SA mss=1460 ts=9000,rts ws=7
		expect A skip ack=iss+1
		send PA seq=iss+4 data=def ts=9001,rts
		expect A skip ack=iss+1 blocks=0 tsok=1 ecr=9001 sumok=1
		expect PA skip data=ect0 tos=0x20 sumok=1
		send A ts=9002,rts
		expect PA skip data=ect1 tos=0 sumok=1
		send A ts=9002,rts
		expect PA skip data=ce tos=0
		send A ts=9002,rts
		expect R skip" <<-END
	send SEC $SYN
	expect $syn_ack
	send A $TS
	expect PA skip data=def seq=irs+4
	send A ack=irs+1 nop=1 ${spliced:+blocks=irs+4,irs+7} $TS
	send PA data=ect0 ack=irs+1 $TS tos=0x20${spliced:++2}
	expect A skip ack=iss+5
	send PA data=ect1 ack=irs+1 $TS tos=0${spliced:++1}
	expect A skip ack=iss+9
	${spliced:+send PA seq=iss+9 data=ce ack=irs+1 $TS tos=3}
	${spliced:+expect none timeout=200}
	send PA seq=iss+9 data=ce ack=irs+1 $TS
	expect A skip ack=iss+11
	send R seq=iss+11
	END
}

# word NAME LINE: has the line of ss this word?
word() {
	case " $2 " in
	*" $1 "* | *" $1:"*) echo yes ;;
	*) echo no ;;
	esac
}

# in_force NS FILTER...: "ts sack ecn wscale", yes or no each
in_force() {
	hf_side=$1
	shift
	hf_line=$(in_ns "$hf_side" ss -Htino state established "$@" | tail -n 1)
	echo "$(word ts "$hf_line") $(word sack "$hf_line")" \
		"$(word ecn "$hf_line") $(word wscale "$hf_line")"
}

megabyte() {
	[ "$(in_ns cli ss -Htin "dport = :7" | grep -o 'bytes_received:[0-9]*' |
		cut -d: -f2 | sort -n | tail -1)" -gt $MEGABYTE ] 2>/dev/null
}

# carries NAME ADDR CLIENT-HAS SERVER-HAS: echoes and a megabyte each way
carries() {
	name="$1: $mode $2"
	log=web$at.log
	[ "$at$spliced" = boxyes ] && for port in 7 80 83; do
		ask "$2" $port
	done
	bg_cli echoes "$TOOLS/echoes" -d "$2" -p 7 -i 0 -b 1
	wait_for 10 grep -q connected "$TMP/echoes.out"
	wait_for 10 megabyte
	assert_eq "$name: in force at the client" \
		"$(in_force cli dport = :7)" "$3"
	assert_eq "$name: in force at the server" \
		"$(in_force $at sport = :7)" "$4"
	stop echoes
	assert_eq "$name: a megabyte comes back" \
		"$(cut -d' ' -f1,2 "$TMP/echoes.out" | tail -1)" \
		"ok=1 failed=0"
	cli timeout 20 "$TOOLS/hold" -d "$2" -p 83 -s x -w >"$TMP/hold.out"
	assert_eq "$name: a megabyte down" "$(tail -1 "$TMP/hold.out")" \
		bytes=$MEGABYTE
	: >"$TMP/$log"
	cli timeout 20 "$TOOLS/hold" -d "$2" -p 80 -s x -b $MEGABYTE -w \
		>"$TMP/hold.out"
	wait_for 5 grep -q "^close .* bytes=$((MEGABYTE + 2))$" "$TMP/$log"
	assert_eq "$name: a megabyte up" $? 0
}

# setting NS KEY VALUE: of the kernel there; handfast follows its own
setting() {
	sysctl_in "$1" "net.ipv4.$2" "$3" 2>/dev/null
	[ "$1$spliced" != srvyes ] || wait_for 5 setting_is "$2" "$3"
}

setting_is() {
	[ "$(hf_quiet status --json | jq ".sysctls.$1")" = "$2" ]
}

# each_server NAME CLIENT-HAS SERVER-HAS [PROMISED]: what either end has at $at;
# a client that is spliced to a server behind has what it was PROMISED
each_server() {
	case $at$spliced in
	srv*) set -- "$1" "$2" "$3" "$2" "$SRV4" "$SRV6" ;;
	box) set -- "$1" "$2" "$3" "$2" $BOX4 $BOX6 ;;
	*) set -- "$1" "$2" "$3" "${4:-$2}" $BOX4 $BOX6 ;;
	esac
	carries "$1" "$5" "$4" "$3"
	carries "$1" "$6" "$4" "$3"
}

options_off() {
	each_server "all options" "yes yes no yes" "yes yes no yes"
	setting cli tcp_sack 0
	each_server "SACK off at the client" "yes no no yes" "yes no no yes"
	setting $at tcp_sack 0
	each_server "SACK off at both" "yes no no yes" "yes no no yes"
	setting cli tcp_sack 1
	each_server "SACK off at the server" "yes no no yes" "yes no no yes" \
		"yes yes no yes"
	setting $at tcp_sack 1
	setting cli tcp_window_scaling 0
	each_server "no window scale at the client" "yes yes no no" \
		"yes yes no no"
	setting $at tcp_window_scaling 0
	each_server "no window scale at both" "yes yes no no" "yes yes no no"
	setting cli tcp_window_scaling 1
	each_server "no window scale at the server" "yes yes no no" \
		"yes yes no no" "yes yes no yes"
	setting $at tcp_window_scaling 1
}

ecn_off() {
	setting cli tcp_ecn 1
	each_server "ECN" "yes yes yes yes" "yes yes yes yes"
	setting $at tcp_ecn 0
	capture ect box b0 "tcp and dst host $BOX4 and ip[1] & 3 != 0"
	each_server "ECN refused" "yes yes no yes" "yes yes no yes" \
		"yes yes yes yes"
	stop ect
	assert_eq "$mode ECN refused: no ECT behind" \
		"$(tcpdump -r "$TMP/ect.pcap" -n 2>/dev/null | wc -l)" 0
	setting $at tcp_ecn 2
	setting cli tcp_ecn 2
}

# Last: what a service behind refused of these counts for an hour.
timestamps_off() {
	setting cli tcp_timestamps 0
	each_server "no timestamps at the client" "no yes no yes" \
		"no yes no yes"
	setting $at tcp_timestamps 0
	each_server "no timestamps at both" "no yes no yes" "no yes no yes"
	setting cli tcp_timestamps 1
	[ "$at$spliced" = boxyes ] && for port in 7 80 83; do
		broken=$(counter splice_no_timestamps)
		for addr in $BOX4 $BOX6; do
			cli "$TOOLS/load" -d "$addr" -p $port -r 20 -t 0.2 -k 2000
		done >/dev/null 2>&1
		wait_for 5 counter_is splice_no_timestamps $((broken + 2))
		assert_eq "$mode no timestamps at the server, port $port: two are reset" \
			$(($(counter splice_no_timestamps) - broken)) 2
	done
	each_server "no timestamps at the server" "no yes no yes" \
		"no yes no yes"
	setting $at tcp_timestamps 1
}

all_cases() {
	for addr in $BOX4 $BOX6; do
		as_sent
		blocks
		refused
	done
	for at in srv box; do
		options_off
		ecn_off
		timestamps_off
	done
}

net_up
box_up
for at in srv box; do
	hf_bg $at "mega$at" "$TOOLS/srv" -p 83 -r $MEGABYTE
	wait_for 5 grep -q ready "$TMP/mega$at.out"
done
serve web -p 80 -l "$TMP/websrv.log"
serve echo -p 7 -e
plain
all_cases
[ $# -gt 0 ] || set -- generic native
for xdp; do
	spliced_by "$xdp" -p 7,80,83 -p "$BOX4:7,[$BOX6]:7" \
		-p "$BOX4:80,[$BOX6]:80" -p "$BOX4:83,[$BOX6]:83"
	all_cases
	unspliced
done
summary
