#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_programs.sh: real programs and every kind of listener work behind cookie
# handshakes, and listeners and addresses that come and go are followed.
#
# Topology: lib.sh. Usage: test_programs.sh [generic|native] (both by default).
# Packages: busybox (httpd), curl, iperf3.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

LATE4=10.77.0.3 LATE6=fd77::3	# addresses that come later

# cookies: handshakes answered, validated, handed over
cookies() {
	hf_quiet counters --json | jq -r '.counters |
		"\(.syn_answered) \(.ack_accepted) \(.admit_assigned +
			.splice_opened)"'
}

# since BEFORE: the same, but what came since then
since() {
	# shellcheck disable=SC2046,SC2086 # numbers
	set -- $1 $(cookies)
	echo "$(($4 - $1)) $(($5 - $2)) $(($6 - $3))"
}

# ask ADDR PORT HOLD-ARG...: what a server says to a line
ask() {
	to=$1 port=$2
	shift 2
	in_ns cli "$TOOLS/hold" -d "$to" -p "$port" -s ping -q "$@" 2>&1
}

# cookie NAME ADDR PORT: answered, by a cookie handshake
cookie() {
	before=$(cookies)
	assert_eq "$mode $1: answered" "$(ask "$2" "$3" | tail -n 1)" ok
	assert_eq "$mode $1: by a cookie handshake" "$(since "$before")" "1 1 1"
}

# plain NAME ADDR PORT: answered, but not by handfast
plain() {
	before=$(cookies)
	assert_eq "$mode $1: answered" "$(ask "$2" "$3" | tail -n 1)" ok
	assert_eq "$mode $1: handfast had no part" "$(since "$before")" "0 0 0"
}

# refused NAME ADDR PORT: at once, by the kernel
refused() {
	before=$(cookies)
	lost=$(lost_cli)
	assert_eq "$mode $1: refused" "$(ask "$2" "$3")" \
		"hold: connect: Connection refused"
	assert_le "$mode $1: at once" $(($(lost_cli) - lost)) 0
	assert_eq "$mode $1: handfast had no part" "$(since "$before")" "0 0 0"
}

# serve_found NAME PORT SRV-ARG...: a server
serve_found() {
	name=$1 port=$2
	shift 2
	serve "$name" -p "$port" "$@"
	wait_for 5 listening "$port"
}

not_listening() {
	! listening "$1"
}

# --- TIME_WAIT ------------------------------------------------------------

# visit NAME FROM TO: the server closes first, its socket is in TIME_WAIT then;
# from the same port each time, with later numbers
visit() {
	isn=$((isn + 100000))
	talk "$2" "$3" <<-END
	send S sport=$visitor dport=8080 seq=$isn mss=1460 sack ts=$isn,0 ws=7
	expect SA ack=iss+1
	send A ts=$isn+1,rts
	send PA data=GET\s/none\sHTTP/1.0\n\n ts=$isn+2,rts
	expect PA skip
	expect FA skip
	send FA ts=$isn+3,rts
	expect A ack=snd_nxt
	END
	assert_eq "$mode $3 $1" $? 0
}

visits() {
	visit "$1" 10.77.0.50 "$SRV4"
	visit "$1" fd77::50 "$SRV6"
}

# Where the kernel has TIME_WAIT, a SYN with later numbers opens anew (RFC 6191)
time_wait() {
	isn=0
	visitor=$((${visitor:-40000} + 1))
	bg_srv httpd busybox httpd -f -p 8080 -h "$TMP/www"
	wait_for 5 in_ns cli curl -s "http://$SRV4:8080/none"
	visits "first visit, nothing attached"
	visits "TIME_WAIT, nothing attached"
	start_handfast -i s0 -m always -x "$mode" -o drain_s=0
	wait_for 5 listening 8080
	visits "TIME_WAIT from before the attach"
	visitor=$((visitor + 1))
	visits "first visit"
	visits "TIME_WAIT of a known connection"
	stop httpd
}

# --- programs -------------------------------------------------------------

# fetch FILE HOST...: into $TMP/got, each a connection of its own
fetch() {
	file=$1
	shift
	for host; do
		echo "url = http://$host:8080/$file"
	done | in_ns cli curl -sS -m 10 -K - >"$TMP/got"
}

# SYNs answered, and those left to a socket in TIME_WAIT on a port used again
handled() {
	hf_quiet counters --json | jq '.counters |
		.syn_answered + .syn_pass_live_flow + .syn_pass_time_wait'
}

pages() {
	for host in "$SRV4" "[$SRV6]"; do
		before=$(cookies)
		fetch big "$host"
		assert_eq "$mode curl $host: 5 MB" $? 0
		cmp "$TMP/www/big" "$TMP/got"
		assert_eq "S72: $mode curl $host: byte for byte" $? 0
		assert_eq "$mode curl $host: by a cookie handshake" \
			"$(since "$before")" "1 1 1"
		before=$(handled)
		# shellcheck disable=SC2046 # words
		fetch small $(yes "$host" | head -n 50)
		assert_eq "$mode curl $host: 50 pages" $? 0
		assert_eq "$mode curl $host: all of them" \
			"$(grep -cx "a small page" "$TMP/got")" 50
		assert_eq "$mode curl $host: by cookies, or by a TIME_WAIT" \
			$(($(handled) - before)) 50
	done
}

httpd() {
	bg_srv httpd busybox httpd -f -p 8080 -h "$TMP/www"
	wait_for 5 listening 8080
	pages
	stop httpd
}

# transfer NAME IPERF3-ARG...: control connection and stream are cookies
transfer() {
	name="$mode iperf3 $1"
	shift
	before=$(cookies)
	cli iperf3 -J -t 2 "$@" >"$TMP/iperf3.json"
	assert_eq "$name: ends well" $? 0
	assert_ge "$name: bytes that arrived" \
		"$(json "$TMP/iperf3.json" .end.sum_received.bytes)" \
		$((10000000 / ${HF_SLOW:-1}))
	assert_eq "$name: by cookie handshakes" "$(since "$before")" "2 2 2"
}

iperf() {
	bg_srv iperf3 iperf3 -s
	wait_for 5 listening 5201
	transfer "IPv4 up" -c "$SRV4"
	transfer "IPv4 down" -c "$SRV4" -R
	transfer "IPv6 up" -c "$SRV6"
	transfer "IPv6 down" -c "$SRV6" -R
	stop iperf3
}

# --- listeners ------------------------------------------------------------

greeting() {
	serve_found greet 81 -g
	for addr in "$SRV4" "$SRV6"; do
		before=$(cookies)
		bg_cli hold "$TOOLS/hold" -d "$addr" -p 81
		wait_for 5 grep -qx hello "$TMP/hold.out"
		assert_eq "$mode $addr: the server speaks first" $? 0
		assert_eq "$mode $addr: after a cookie handshake" \
			"$(since "$before")" "1 1 1"
		stop hold
	done
	stop greet
}

# busy_sockets PORT: listening sockets with connections to accept
busy_sockets() {
	in_ns srv ss -Hltn "sport = :$1" | awk '$2 > 0' | wc -l
}

several_busy() {
	[ "$(busy_sockets 82)" -gt 1 ]
}

# Accepted only when more than one socket has some: they are shared out.
reuseport() {
	serve_found many 82 -R 4 -A 60
	before=$(cookies)
	bg_cli load "$TOOLS/load" -d "$SRV4" -p 82 -r 200 -t 1
	wait_for 3 several_busy
	assert_eq "$mode SO_REUSEPORT: several sockets have connections" $? 0
	kill -USR1 "$(cat "$TMP/many.pid")"
	join load
	assert_eq "$mode SO_REUSEPORT: all connect" $? 0
	assert_eq "$mode SO_REUSEPORT: by cookie handshakes" \
		"$(since "$before")" "200 200 200"
	stop many
}

families() {
	serve_found dual 83
	cookie "dual stack, IPv4" "$SRV4" 83
	cookie "dual stack, IPv6" "$SRV6" 83
	stop dual
	serve_found only4 84 -4
	cookie "IPv4 only, IPv4" "$SRV4" 84
	refused "IPv4 only, IPv6" "$SRV6" 84
	stop only4
	serve_found only6 85 -6
	cookie "IPv6 only, IPv6" "$SRV6" 85
	refused "IPv6 only, IPv4" "$SRV4" 85
	stop only6
}

one_address() {
	ip -n "hf-$$-srv" addr add $LATE4/24 dev s0
	serve_found one 86 -a "$SRV4"
	cookie "listener of one address" "$SRV4" 86
	refused "... on another address" $LATE4 86
	stop one
	ip -n "hf-$$-srv" addr del $LATE4/24 dev s0
}

comes_and_goes() {
	serve_found visitor 87
	cookie "before it goes" "$SRV4" 87
	stop visitor
	wait_for 5 not_listening 87
	passed=$(counter syn_pass_no_listener)
	refused "listener is gone, IPv4" "$SRV4" 87
	refused "listener is gone, IPv6" "$SRV6" 87
	assert_eq "$mode listener is gone: counted" \
		"$(counter syn_pass_no_listener)" $((passed + 2))
	serve_found visitor 87
	cookie "it is back, IPv4" "$SRV4" 87
	cookie "it is back, IPv6" "$SRV6" 87
	stop visitor
}

mptcp() {
	if [ ! -d /proc/sys/net/mptcp ]; then
		echo "note: no MPTCP in this kernel, its case is left out"
		return
	fi
	serve_found mptcp 88 -M
	passed=$(counter syn_pass_mptcp)
	plain "MPTCP listener, IPv4" "$SRV4" 88
	plain "MPTCP listener, IPv6" "$SRV6" 88
	assert_eq "$mode MPTCP listener: counted" \
		"$(counter syn_pass_mptcp)" $((passed + 2))
	stop mptcp
}

# --- addresses ------------------------------------------------------------

# answered_late ADDR: does a SYN get a cookie?
answered_late() {
	before=$(cookies)
	[ "$(ask "$1" 80 | tail -n 1)" = ok ] &&
	[ "$(since "$before")" = "1 1 1" ]
}

# silent FROM ADDR: it gets nothing, and handfast has no part in that
silent() {
	before=$(cookies)
	in_ns cli "$TOOLS/seg" -i c0 -s "$1" -d "$2" -m "$SRV_MAC" \
		"send S mss=1460" "expect none timeout=100" &&
	[ "$(since "$before")" = "0 0 0" ]
}

late_addresses() {
	hf_addr srv s0 $LATE4 $LATE6
	hf_neigh_use cli c0 $LATE4 $LATE6
	for addr in $LATE4 $LATE6; do
		wait_for 5 answered_late "$addr"
		assert_eq "$mode $addr, added later: protected" $? 0
	done
	ip -n "hf-$$-srv" addr del $LATE4/24 dev s0
	ip -n "hf-$$-srv" addr del $LATE6/64 dev s0
	wait_for 5 silent 10.77.0.50 $LATE4
	assert_eq "$mode $LATE4, removed: no more" $? 0
	wait_for 5 silent fd77::50 $LATE6
	assert_eq "$mode $LATE6, removed: no more" $? 0
}

# --- windows --------------------------------------------------------------

uploaded() {
	grep -q "^close .* bytes=20005$" "$TMP/$1.out"
}

# upload NAME SERVER PORT: 20 kB right behind the handshake
upload() {
	for addr in "$SRV4" "$SRV6"; do
		name="$mode $addr 20 kB, $1"
		: >"$TMP/$2.out"
		before=$(cookies)
		lost=$(lost_cli)
		ask "$addr" "$3" -b 20000 >/dev/null
		wait_for 5 uploaded "$2"
		assert_eq "$name: arrive" $? 0
		assert_le "$name: nothing lost" $(($(lost_cli) - lost)) 0
		assert_eq "$name: after a cookie handshake" \
			"$(since "$before")" "1 1 1"
	done
}

windows() {
	upload "default buffer" web 80
	serve_found small 89 -B 8192
	upload "small buffer" small 89
	stop small
}

# --- SPECs ----------------------------------------------------------------

choice() {
	for port in 90 91 92 93; do
		serve "p$port" -p $port
	done
	start_handfast -i s0 -m always -x "$mode" -o drain_s=0 \
		-p "90-91,$SRV4:92" -p "[fd77::/64]:93" -e 91
	cookie "-p port" "$SRV4" 90
	cookie "-p port" "$SRV6" 90
	plain "-e wins over -p" "$SRV4" 91
	plain "-e wins over -p" "$SRV6" 91
	cookie "-p address" "$SRV4" 92
	plain "-p another address" "$SRV6" 92
	cookie "-p network" "$SRV6" 93
	plain "-p another network" "$SRV4" 93
	plain "no -p" "$SRV4" 80
	check_identities
	leave
	for port in 90 91 92 93; do
		stop "p$port"
	done
}

leave() {
	hf detach --all
	stop handfastd
}

for cmd in busybox curl iperf3; do
	command -v $cmd >/dev/null || skip 77 test_programs "no $cmd"
done
net_up
SRV_MAC=$(mac_of srv s0)
mkdir "$TMP/www"
head -c 5000000 /dev/urandom >"$TMP/www/big"
echo "a small page" >"$TMP/www/small"
serve web -p 80
for mode in ${1:-generic native}; do
	[ "$mode" = native ] && native_peers c0
	time_wait
	httpd
	iperf
	greeting
	reuseport
	families
	one_address
	comes_and_goes
	mptcp
	late_addresses
	windows
	check_identities
	leave
	choice
done
summary
