#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_learn.sh: the answer to a SYN is what the plain kernel answers, whatever
# made it so: socket options, sysctls, routes, rules that clamp, a server behind
# this host. The first SYN of a service passes, and its SYN-ACK teaches the rest.
#
# Topology: lib.sh; a server behind srv: 10.79.0.2.
# Packages: nftables.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

BOX4=10.79.0.2 BOX6=fd79::2
BOTH="$SRV4 $SRV6"

# answer FROM ADDR PORT [WORD...]: what a SYN is answered; words are added to
# it. Of a flow label only whether there is one.
answer() {
	ask_from=$1 ask_to=$2 ask_port=$3
	shift 3
	in_ns cli "$TOOLS/seg" -i c0 -s "$ask_from" -d "$ask_to" -m "$SRV_MAC" \
		-p "$ask_port" "send S mss=1460 sack ts=1000,0 ws=7 $*" \
		"expect SA" "print rmss rttl rtos rws rsack rtsok rid" \
		2>"$TMP/seg.err" |
		sed '/^recv/d; s/rid=[1-9][0-9]*$/rid=some/' | tr '\n' ' '
}

client_of() {
	case $1 in
	*:*) echo fd77::50 ;;
	*) echo 10.77.0.50 ;;
	esac
}

# plain ADDR PORT [WORD...]: what the kernel answers without handfast
plain() {
	answer "$(client_of "$1")" "$@" >"$TMP/plain.$1.$2"
}

# alike NAME ADDR PORT [WORD...]: the first SYN passes, the second does not, and
# the kernel's answer is what both get
alike() {
	alike_name="$1, $2"
	shift
	plain=$(cat "$TMP/plain.$1.$2")
	answered=$(counter syn_answered)
	taught=$(answer "$(client_of "$1")" "$@")
	assert_eq "$alike_name: the first passes" \
		$(($(counter syn_answered) - answered)) 0
	assert_eq "$alike_name: ... and is the kernel's" "$taught" "$plain"
	learned=$(answer "$(client_of "$1")" "$@")
	assert_eq "$alike_name: the next is answered" \
		$(($(counter syn_answered) - answered)) 1
	assert_eq "$alike_name: ... as by the kernel" "$learned" "$plain"
}

# gtsm_of ADDR: options of a client that hears its neighbour alone (RFC 5082)
gtsm_of() {
	case $1 in
	*:*) echo -o hops=255 -o min_hops=255 ;;
	*) echo -o ttl=255 -o min_ttl=255 ;;
	esac
}

# learns NAME ADDRS PORT [WORD...]: and real clients connect, with the options that
# $CLIENT, a function, gives for an address
learns() {
	learn_name=$1 learn_at=$2 learn_port=$3
	shift 3
	for to in $learn_at; do
		plain "$to" "$learn_port" "$@"
	done
	start_handfast -i s0 -m always -o learn_s=10 -o drain_splice_s=0 \
		-p "$learn_port"
	for to in $learn_at; do
		alike "$learn_name" "$to" "$learn_port" "$@"
		# shellcheck disable=SC2046
		cli "$TOOLS/load" -d "$to" -p "$learn_port" -r 200 -t 0.5 \
			$(${CLIENT:-true} "$to") >"$TMP/load.out"
		assert_eq "$learn_name: all connect, $to" \
			"$(field ok load) $(field failed load)" "100 0"
	done
	services_say "$learn_name" "$learn_port" "${learn_at%% *}"
	check_identities
	hf detach --all
	stop handfastd
}

# services_say NAME PORT ADDR: `services` shows what was seen
services_say() {
	assert_eq "$1: services says so" "$(hf_quiet services -j | jq -r \
		".services[] | select(.service == \"*:$2\") | .answer |
		\"rmss=\(.mss) rttl=\(.ttl) rtos=\(.tos) rws=\(.wscale)\"" |
		sed 's/tos=0/tos=any/')" "$(cut -d' ' -f1-4 "$TMP/plain.$3.$2" |
		sed "s/tos=${REFLECTED:-0}/tos=any/")"
}

by_sockets() {
	serve plainly -p 80
	serve narrow -p 81 -o maxseg=700
	serve classed -p 82 -o tos=40 -o tclass=72
	serve far -p 83 -o ttl=128 -o hops=129
	serve near -p 86 -o ttl=255 -o hops=255 -o min_ttl=255 -o min_hops=255
	learns "nothing special" "$BOTH" 80
	learns "TCP_MAXSEG" "$BOTH" 81
	learns "IP_TOS, IPV6_TCLASS" "$BOTH" 82
	learns "IP_TTL, IPV6_UNICAST_HOPS" "$BOTH" 83
	CLIENT=gtsm_of learns "GTSM, both ends" "$BOTH" 86 ttl=255
}

by_sysctls() {
	sysctl_in srv net.ipv4.ip_default_ttl 100
	sysctl_in srv net.ipv6.conf.s0.hop_limit 101
	sysctl_in srv net.ipv6.auto_flowlabels 0
	learns "ip_default_ttl, hop_limit, auto_flowlabels" "$BOTH" 80
	sysctl_in srv net.ipv4.ip_default_ttl 64
	sysctl_in srv net.ipv6.conf.s0.hop_limit 64
	sysctl_in srv net.ipv6.auto_flowlabels 1
	sysctl_in srv net.ipv4.tcp_reflect_tos 1
	REFLECTED=40 learns "tcp_reflect_tos" "$BOTH" 80 tos=40
	sysctl_in srv net.ipv4.tcp_reflect_tos 0
}

# routed WORD...: the route to the client's network, for a while
routed() {
	ip -n "hf-$$-srv" route change 10.77.0.0/24 dev s0 src "$SRV4" "$@"
	ip -n "hf-$$-srv" -6 route del fd77::/64 dev s0
	ip -n "hf-$$-srv" -6 route add fd77::/64 dev s0 "$@"
}

by_routes() {
	routed advmss 1200
	learns "route advmss" "$BOTH" 80
	routed mtu 1300
	learns "route mtu" "$BOTH" 80
	routed
}

by_rules() {
	for hook in output postrouting; do
		in_ns srv nft -f - <<-END
		table inet clamp {
			chain c {
				type filter hook $hook priority 0;
				tcp flags syn tcp option maxseg size set 1000
			}
		}
		END
		learns "MSS clamped in $hook" "$BOTH" 80
		in_ns srv nft delete table inet clamp
	done
}

# published: to a server behind this host, over a link that is narrower
by_servers() {
	behind_up box 0
	ip -n "hf-$$-srv" link set v0 mtu 1300
	ip -n "hf-$$-box" link set b0 mtu 1300
	serve_in box boxweb -p 80
	in_ns srv nft -f - <<-END
	table inet publish {
		chain pre {
			type nat hook prerouting priority dstnat;
			tcp dport 8080 dnat ip to $BOX4:80
			tcp dport 8080 dnat ip6 to [$BOX6]:80
		}
	}
	END
	learns "a server behind" "$BOTH" 8080
	sysctl_in box net.ipv4.tcp_timestamps 0
	learns "a server behind without timestamps" "$BOTH" 8080
	sysctl_in box net.ipv4.tcp_timestamps 1
}

# Of several servers behind one address one refuses timestamps.
several_servers() {
	port=8080
	start_handfast -i s0 -m always -p 8080 -o learn_s=0.05
	teach 10.1.1.1 10.2.2.2
	assert_eq "a server that takes timestamps" \
		"$(by_cookie 10.1.1.2 rtsok)" rtsok=1
	sysctl_in box net.ipv4.tcp_timestamps 0
	teach 10.3.3.3
	sysctl_in box net.ipv4.tcp_timestamps 1
	teach 10.4.4.4
	assert_eq "... and one beside it that does not: none is promised" \
		"$(by_cookie 10.1.1.3 rtsok)" rtsok=0
	hf detach --all
	stop handfastd
}

# told FROM WHAT: what a client of that address is told, of port $port
told() {
	answer "$1" "$SRV4" "$port" | grep -o "$2=[^ ]*"
}

# teach FROM...: a SYN of each passes, not two of one prefix one after the other
teach() {
	for from; do
		learned=$(counter syn_pass_learn)
		until counter_is syn_pass_learn $((learned + 1)); do
			told "$from" rmss >"$TMP/told"
		done
	done
}

# by_cookie FROM WHAT: ... by handfast, not by a SYN that passes
by_cookie() {
	cookies=$(($(counter syn_answered) + 1))
	while ! counter_is syn_answered $cookies; do
		by_cookie=$(told "$@")
	done
	echo "$by_cookie"
}

# A lower MSS (a route's, or what a forged ICMP message said) is its prefix's alone.
by_prefix() {
	ip -n "hf-$$-srv" route add 10.5.5.0/24 via "$CLI4" mtu 552
	port=80
	start_handfast -i s0 -m always -o learn_s=0.05
	teach 10.1.1.1 10.5.5.5 10.2.2.2 10.3.3.3
	for from in 10.1.1.2 10.4.4.4; do
		assert_eq "most prefixes are told what most were told, $from" \
			"$(by_cookie $from rmss)" rmss=1460
	done
	assert_eq "... but one" "$(by_cookie 10.5.5.7 rmss)" rmss=512
	teach 10.6.6.6 10.5.5.6
	learned=$(counter syn_pass_learn)
	for from in 1 2 3 4 5 6 7 8 9 10; do
		told 10.5.5.$from rmss >/dev/null
	done
	assert_eq "of one prefix none passes again" \
		"$(counter syn_pass_learn)" "$learned"
	hf detach --all
	stop handfastd
}

# Who sends SYN-ACKs that nobody asked for teaches nothing.
unasked() {
	start_handfast -i s0 -m always -p 8080 -o learn_s=10
	for from in 10.77.0.50 10.1.1.1 10.2.2.2; do
		answer $from "$SRV4" 8080 >/dev/null
	done
	assert_eq "one SYN passes in a while" "$(counter syn_answered)" 2
	in_ns srv "$TOOLS/seg" -i s0 -s 10.77.0.2 -d 10.77.0.1 \
		-m "$(mac_of cli c0)" "send SA sport=8080 mss=99 ttl=9"
	assert_eq "a SYN-ACK that nobody asked for teaches nothing" \
		"$(hf_quiet services -j | jq -r '.services[] |
		select(.service == "*:8080") | .answer.mss, .answer.ttl' |
		tr '\n' ' ')" "1260 63 "
	hf detach --all
	stop handfastd
}

net_up
SRV_MAC=$(mac_of srv s0)
seg_hosts 50
ip -n "hf-$$-srv" neigh replace fd77::50 lladdr "$(mac_of cli c0)" dev s0
by_sockets
by_sysctls
by_routes
by_rules
by_prefix
by_servers
several_servers
unasked
summary
