#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_options.sh: after the handshake both kernels agree on every option
# (S1, S12, S28, S35, S40).
#
# Topology: lib.sh. Usage: test_options.sh [generic|native] (both by default)
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# ss_of NS FILTER...: the line of details of the one connection
ss_of() {
	hf_side=$1
	shift
	in_ns "$hf_side" ss -Htino state established "$@" | tail -n 1
}

# word NAME LINE: has the line this word?
word() {
	case " $2 " in
	*" $1 "*) echo yes ;;
	*) echo no ;;
	esac
}

# value NAME LINE: what stands behind NAME:
value() {
	echo "$2" | sed -n "s/.* $1:\([^ ]*\).*/\1/p"
}

swap() {
	echo "$1" | sed 's/\(.*\),\(.*\)/\2,\1/'
}

# connect NAME ADDR HOLD-ARG...: leaves c and s, the two ends as ss sees them
connect() {
	name=$1
	addr=$2
	shift 2
	bg_cli hold "$TOOLS/hold" -d "$addr" -p 80 -s ping "$@"
	wait_for 3 grep -q ok "$TMP/hold.out" || {
		fail "$name: connects"
		stop hold
		return 1
	}
	c=$(ss_of cli dport = :80)
	s=$(ss_of srv sport = :80)
}

# agree NAME: the two ends against each other
agree() {
	for option in ts sack ecn; do
		assert_eq "$1: both ends agree on $option" \
			"$(word $option "$s")" "$(word $option "$c")"
	done
	assert_eq "S12 S16: $1: both ends agree on window scales" \
		"$(value wscale "$s")" "$(swap "$(value wscale "$c")")"
}

# case NAME ADDR TS SACK ECN WSCALE [HOLD-ARG...]: yes or no each
one_case() {
	name="$mode $1"
	addr=$2 ts=$3 sack=$4 ecn=$5 wscale=$6
	shift 6
	before=$(counter syn_answered)
	connect "$name" "$addr" "$@" || return
	agree "$name"
	assert_eq "$name: timestamps" "$(word ts "$s")" "$ts"
	assert_eq "$name: SACK" "$(word sack "$s")" "$sack"
	assert_eq "$name: ECN" "$(word ecn "$s")" "$ecn"
	assert_eq "$name: window scale" \
		"$([ -n "$(value wscale "$s")" ] && echo yes || echo no)" \
		"$wscale"
	assert_eq "$name: it was a cookie" "$(counter syn_answered)" \
		$((before + 1))
	flows_agree "$name"
	stop hold
}

# what `handfast flows` says of it is what ss says
flows_agree() {
	hf_quiet flows --json --state ESTABLISHED | jq '.flows[0]' >"$TMP/flow"
	scales=$(jq -r 'select(.snd_wscale) | "\(.snd_wscale),\(.rcv_wscale)"' \
		"$TMP/flow")
	assert_eq "$1: flows says wscale as ss" "$scales" "$(value wscale "$s")"
	for pair in ts:timestamps sack:sack ecn:ecn; do
		want=false
		[ "$(word "${pair%:*}" "$s")" = yes ] && want=true
		assert_eq "$1: flows says ${pair#*:}" \
			"$(jq -r ".${pair#*:}" "$TMP/flow")" $want
	done
}

# mss_case ADDR MSS TS CLASS: what the client announces, what the server keeps
mss_case() {
	name="$mode $1 MSS $2 timestamps=$3"
	sysctl_in cli net.ipv4.tcp_timestamps "$3" 2>/dev/null
	connect "$name" "$1" -m "$2" || return
	assert_eq "$name: is rounded down to its class" \
		"$(hf_quiet flows --json --state ESTABLISHED |
			jq '.flows[0].mss')" "$4"
	assert_le "$name: the server's segments" "$(value mss "$s")" "$4"
	stop hold
	sysctl_in cli net.ipv4.tcp_timestamps 1 2>/dev/null
}

all_options() {
	for addr in "$SRV4" "$SRV6"; do
		one_case "$addr default" "$addr" yes yes no yes
		sysctl_in cli net.ipv4.tcp_ecn 1
		one_case "$addr ecn" "$addr" yes yes yes yes
		sysctl_in cli net.ipv4.tcp_timestamps 0
		one_case "$addr ecn, no timestamps" "$addr" no yes no yes
		sysctl_in cli net.ipv4.tcp_ecn 2
		one_case "$addr no timestamps" "$addr" no yes no yes
		sysctl_in cli net.ipv4.tcp_sack 0
		one_case "$addr no timestamps, no SACK" "$addr" no no no yes
		sysctl_in cli net.ipv4.tcp_window_scaling 0
		one_case "$addr no option but MSS" "$addr" no no no no
		sysctl_in cli net.ipv4.tcp_timestamps 1
		one_case "$addr timestamps alone" "$addr" yes no no no
		sysctl_in cli net.ipv4.tcp_sack 1
		sysctl_in cli net.ipv4.tcp_window_scaling 1
	done
	mss_case "$SRV4" 536 1 536
	mss_case "$SRV4" 536 0 536
	for addr in "$SRV4" "$SRV6"; do
		mss_case "$addr" 1220 1 1220
		mss_case "$addr" 1220 0 1220
		mss_case "$addr" 1337 1 1330
		mss_case "$addr" 1337 0 1300
		mss_case "$addr" 1440 1 1440
		mss_case "$addr" 1440 0 1440
	done
	mss_case "$SRV4" 1460 1 1460
	mss_case "$SRV4" 1460 0 1460
}

# two shifts that differ: neither passes for the other
other_scale() {
	rmem=$(in_ns cli cat /proc/sys/net/ipv4/tcp_rmem)
	sysctl_in cli net.ipv4.tcp_rmem "4096 131072 67108864"
	for addr in "$SRV4" "$SRV6"; do
		one_case "$addr a scale of its own" "$addr" yes yes no yes
		scales=$(value wscale "$c")
		[ "${scales%,*}" != "${scales#*,}" ]
		assert_eq "$name: it is another one: $scales" $? 0
	done
	sysctl_in cli net.ipv4.tcp_rmem "$rmem"
}

# the server's own settings decide what is granted, and are followed
server_settings() {
	sysctl_in srv net.ipv4.tcp_sack 0
	sysctl_in srv net.ipv4.tcp_timestamps 0
	wait_for 3 settings_seen
	one_case "server without SACK and timestamps" "$SRV4" no no no yes
	sysctl_in srv net.ipv4.tcp_sack 1
	sysctl_in srv net.ipv4.tcp_timestamps 1
	wait_for 3 settings_back
	one_case "server with them again" "$SRV4" yes yes no yes
}

settings_seen() {
	hf_quiet status --json | jq -e '.sysctls.tcp_timestamps == 0 and
		.sysctls.tcp_sack == 0' >/dev/null
}

settings_back() {
	hf_quiet status --json | jq -e '.sysctls.tcp_timestamps == 1 and
		.sysctls.tcp_sack == 1' >/dev/null
}

# MTU 9000 attaches, and jumbo segments stay jumbo
jumbo() {
	ip -n "hf-$$-cli" link set c0 mtu 9000
	ip -n "hf-$$-srv" link set s0 mtu 9000
	start_handfast -i s0 -m always -x "$mode"
	mss_case "$SRV4" 8960 1 8960
	mss_case "$SRV4" 8960 0 8940
	mss_case "$SRV6" 8940 1 8940
	hf detach --all
	stop handfastd
	ip -n "hf-$$-cli" link set c0 mtu 1500
	ip -n "hf-$$-srv" link set s0 mtu 1500
}

net_up
serve web -p 80
[ $# -gt 0 ] || set -- generic native
for mode; do
	[ "$mode" = native ] && native_peers c0
	start_handfast -i s0 -m always -x "$mode"
	all_options
	other_scale
	server_settings
	check_identities
	hf detach --all
	stop handfastd
	[ "$mode" = native ] && ip -n "hf-$$-cli" link set c0 xdpdrv off
	[ "$mode" = generic ] && jumbo
done
summary
