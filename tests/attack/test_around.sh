#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_around.sh: segments that no cookie can serve, 20000 a second of each kind,
# by somebody who looks for a way around the hook while SYNs are answered. The plain
# kernel gets them all; behind handfast it gets as many as odd ones may be. Real
# clients notice nothing. Then the same of ACKs while calm.
#
# Topology: attack.sh.
set -u
# shellcheck source=tests/attack/attack.sh
. "$(dirname "$0")/attack.sh"

RATE=20000

# flood_of DST ARGS...: one second of it; $sent and $got, by the kernel's IP
flood_of() {
	dst=$1
	shift
	case $dst in
	*:*) received=Ip6InReceives ;;
	*)
		received=IpInReceives
		set -- -s 10.128.0.0/9 "$@"
		;;
	esac
	got=$(nstat_srv $received)
	cli "$TOOLS/flood" -i c0 -d "$dst" -p 80 -m "$SRV_MAC" -r $RATE -t 1 \
		-c 1 "$@" >"$TMP/around.out"
	got=$(($(nstat_srv $received) - got))
	sent=$(field sent around)
}

# each_kind DO: DO NAME DST ARGS...
each_kind() {
	$1 "first fragments, IPv4" "$SRV4" --fragment 0x2000
	$1 "first fragments, IPv6" "$SRV6" --fragment 1
	$1 "five extension headers" "$SRV6" --ext 5
	$1 "seven of them, and RST" "$SRV6" --ext 7 --flags R
	for version in 4 6; do
		dst=$SRV4
		[ $version = 4 ] || dst=$SRV6
		$1 "RST, IPv$version" "$dst" --flags R
		$1 "RST and ACK, IPv$version" "$dst" --flags RA
		$1 "SYN-ACK, IPv$version" "$dst" --flags SA
		$1 "FIN, IPv$version" "$dst" --flags F
		$1 "no flags, IPv$version" "$dst" --flags 0
		$1 "FIN, PSH and URG, IPv$version" "$dst" --flags FPU
		$1 "ACK, IPv$version" "$dst" --flags A
		$1 "ACK and PSH, IPv$version" "$dst" --flags AP
		$1 "ACK and FIN, IPv$version" "$dst" --flags AF
	done
}

all_arrive() {
	name=$1
	shift
	flood_of "$@"
	assert_ge "plain kernel: $name: all of them arrive" "$got" \
		$((sent * 9 / 10))
}

# odd_rate: of 10000 SYN/s a tenth, and what real clients send meanwhile
few_arrive() {
	name=$1
	shift
	flood_of "$@"
	assert_le "$handoff $name: few of $sent arrive" "$got" 2500
}

# A whole datagram in a fragment: it is read, and answered like any other.
atomic_fragments() {
	answered=$(counter syn_answered)
	flood_of "$SRV6" --fragment 0
	assert_le "$handoff atomic fragments: none of $sent arrive" "$got" 1000
	assert_ge "$handoff atomic fragments: all are answered" \
		$(($(counter syn_answered) - answered)) $((sent * 9 / 10))
}

# Tuples in TIME_WAIT: the kernel would answer each of them. By splice it is shown
# the SYN when its sender has proved himself.
time_wait() {
	cli "$TOOLS/load" -d "$SRV4" -p 81 -r 2000 -t 2 >"$TMP/load.out"
	in_ns cli nft add table ip quiet
	in_ns cli nft add chain ip quiet out \
		'{ type filter hook output priority 0; }'
	in_ns cli nft add rule ip quiet out tcp flags rst drop
	passed=$(counter syn_pass_time_wait)
	dropped=$(counter syn_drop_odd_rate)
	cli "$TOOLS/flood" -i c0 -d "$SRV4" -p 81 -m "$SRV_MAC" -r $RATE -t 2 \
		-c 1 -s "$CLI4/32" >"$TMP/around.out"
	[ "$handoff" = splice ] ||
		assert_ge "$handoff TIME_WAIT: the flood meets many" \
			$(($(counter syn_pass_time_wait) - passed + \
				$(counter syn_drop_odd_rate) - dropped)) 1000
	assert_le "$handoff TIME_WAIT: of one network few pass" \
		$(($(counter syn_pass_time_wait) - passed)) 700
	in_ns cli nft delete table ip quiet
}

under_flood() {
	defend -m always -o "handoff=$handoff" -o flood_hold_s=600
	cli "$TOOLS/flood" -i c0 -d "$SRV4" -p 80 -m "$SRV_MAC" -r 50000 -t 1 \
		-c 1 -s 10.128.0.0/9 >"$TMP/around.out"
	wait_for 5 phase_is flood
	bg_cli real4 "$TOOLS/load" -d "$SRV4" -p 80 -r 25 -t 120
	bg_cli real6 "$TOOLS/load" -d "$SRV6" -p 80 -r 25 -t 120
	each_kind few_arrive
	atomic_fragments
	stop real4
	stop real6
	assert_eq "$handoff all real clients connect" \
		"$(field failed real4) $(field failed real6)" "0 0"
	time_wait
	check_identities
	disarm
}

# While calm the kernel answers SYNs, here by cookies of its own, and each ACK of
# nothing by RST: too many of them are a flood of their own.
acks_while_calm() {
	sysctl_in srv net.ipv4.tcp_syncookies 2
	defend -m auto -o flood_hold_s=2
	for dst in "$SRV4" "$SRV6"; do
		bg_cli real "$TOOLS/load" -d "$dst" -p 80 -r 50 -t 120
		rsts=$(nstat_srv TcpOutRsts)
		cookies=$(nstat_srv TcpExtSyncookiesRecv)
		RATE=50000
		flood_of "$dst" --ack
		flood_of "$dst" --ack
		assert_le "auto, ACK flood, $dst: few RSTs answer $sent ACK/s" \
			$(($(nstat_srv TcpOutRsts) - rsts)) 20000
		assert_le "auto, ACK flood, $dst: then none arrive" "$got" 1000
		wait_for 5 phase_is flood
		assert_eq "auto, ACK flood, $dst: the kernel answers SYNs" \
			"$(counter syn_answered)" 0
		assert_ge "auto, ACK flood, $dst: ACKs of its cookies pass" \
			$(($(nstat_srv TcpExtSyncookiesRecv) - cookies)) 50
		wait_for 10 phase_is calm
		stop real
		assert_eq "auto, ACK flood, $dst: all real clients connect" \
			"$(field failed real)" 0
	done
	hf counters
	disarm
}

attack_up
serve first -p 81 -b 4096 -s
each_kind all_arrive
by_each_handoff under_flood
acks_while_calm
summary
