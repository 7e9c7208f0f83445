#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# selftest.sh: the test-bed's tools against the kernel alone, no handfast.
#
# Topology: see tests/net/lib.sh. seg speaks from 10.77.0.50 and fd77::50,
# which nobody owns.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

# serve NAME PORT ARG...: a server in the background, listening
serve() {
	name=$1
	port=$2
	shift 2
	bg_srv "$name" "$TOOLS/srv" -p "$port" -l "$TMP/$name.log" "$@"
	wait_for 5 grep -q ready "$TMP/$name.out"
}

# field NAME LINE: the number after NAME= in a tool's line
field() {
	echo "$2" | sed -n "s/.*\\b$1=\\([0-9]*\\).*/\\1/p"
}

# handshake WHAT SRC DST
handshake() {
	cli "$TOOLS/seg" -i c0 -s "$2" -d "$3" -m "$SRV_MAC" <<-'END'
	set iss=0xfffffffe
	send S mss=1400 sack ts=100,0 nop=1 ws=7
	expect SA ack=iss+1 sack=1 ecr=100 sumok=1
	assert rws < 15
	send A ts=101,rts nop=2
	send PA data=ping\n ts=102,rts nop=2
	expect PA skip ack=iss+6 data=ok\n
	send FA ts=103,rts nop=2
	expect FA seq=irs+4 ack=iss+7 skip
	send A ts=104,rts nop=2
	expect none timeout=100
	END
	assert_eq "$1: conversation" $? 0
	wait_for 2 grep -q "^close $2 .* bytes=5$" "$TMP/web.log"
	grep "^accept $2 " "$TMP/web.log" >"$TMP/accept"
	wait_for 1 grep -q 'mss=1388 opts=sack,ts,wscale snd_wscale=7' \
		"$TMP/accept"
	assert_eq "$1: accept log" $? 0
}

# no_answer WHAT COMMAND: the kernel must not answer this
no_answer() {
	cli "$TOOLS/seg" -i c0 -s 10.77.0.50 -d "$SRV4" -m "$SRV_MAC" \
		"$2" 'expect none timeout=200'
	assert_eq "no answer to $1" $? 0
}

# load_ok WHAT ADDR
load_ok() {
	line=$(cli "$TOOLS/load" -d "$2" -p 80 -r 200 -t 2)
	assert_eq "load $1: status" $? 0
	assert_eq "load $1: all ok" "$(field ok "$line")" 400
}

# flood_rate WHAT NS IF ADDR MAC ARG...: 300000/s within 10 %, all arriving
flood_rate() {
	what=$1 ns=$2 if=$3 dst=$4 mac=$5
	shift 5
	before=$(rx_packets)
	line=$("$ns" "$TOOLS/flood" -i "$if" -d "$dst" -p 80 -m "$mac" \
		-r 300000 -t 2 "$@")
	assert_eq "flood $what: status" $? 0
	got=$(($(rx_packets) - before))
	assert_ge "flood $what: rate" "$(field rate "$line")" 270000
	assert_le "flood $what: rate, above" "$(field rate "$line")" 330000
	assert_ge "flood $what: arrived" "$got" 540000
}

# of both ends in the server's namespace
rx_packets() {
	srv cat /proc/net/dev 2>/dev/null |
		awk '/ s[01]:/ { n += $3 } END { print n }'
}

net_up
SRV_MAC=$(mac_of srv s0)
napi_on srv s0
serve web 80 -R 2

handshake "IPv4 handshake" 10.77.0.50 "$SRV4"
handshake "IPv6 handshake" fd77::50 "$SRV6"
no_answer "a wrong TCP checksum" 'send S badsum'
no_answer "a wrong IP checksum" 'send S badipsum'
no_answer "a first fragment" 'send S frag'
no_answer "another VLAN" 'send S vlan=5'
assert_eq "bad checksums counted" "$(nstat_srv TcpInCsumErrors)" 1

load_ok IPv4 "$SRV4"
load_ok IPv6 "$SRV6"

flood_rate "IPv4 SYN" cli c0 "$SRV4" "$SRV_MAC"
flood_rate "IPv6 SYN" cli c0 "$SRV6" "$SRV_MAC" --no-ts
flood_rate "IPv4 ACK" cli c0 "$SRV4" "$SRV_MAC" --ack
net_flood_up
napi_on srv s1
flood_rate "from its own namespace" fld f0 "$SRV4_FLD" "$(mac_of srv s1)"
assert_eq "flood: checksums right" "$(nstat_srv TcpInCsumErrors)" 1
assert_ge "flood: cookies sent" "$(nstat_srv TcpExtSyncookiesSent)" 100000

sysctl_in srv net.ipv4.tcp_syncookies 0
serve bare 81 -b 64
bg_fld flood "$TOOLS/flood" -i f0 -d "$SRV4_FLD" -p 81 \
	-m "$(mac_of srv s1)" -r 300000 -t 60
sleep 0.5
line=$(cli "$TOOLS/load" -d "$SRV4" -p 81 -r 50 -t 2 -k 1000)
assert_eq "load under flood without cookies: status" $? 1
assert_ge "load under flood without cookies: failed" \
	"$(field failed "$line")" 90
stop flood
assert_eq "flood: ends well on SIGTERM" $? 0
assert_ge "flood: its line after SIGTERM" \
	"$(field sent "$(cat "$TMP/flood.out")")" 1

capture wire srv s0 'tcp and src host 10.77.0.50'
no_answer "a segment without flags" 'send -'
stop wire
assert_eq "capture: one segment" \
	"$(tcpdump -n -r "$TMP/wire.pcap" 2>/dev/null | wc -l)" 1

tmp=$TMP
net_down
assert_eq "no namespace left" "$(ip netns | grep -c "^hf-$$-")" 0
assert_eq "no file left" "$(ls -d "$tmp" 2>/dev/null)" ""
summary
