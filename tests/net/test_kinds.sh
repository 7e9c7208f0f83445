#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_kinds.sh: kinds of interfaces: what cannot be attached is refused with one
# line, a bridge gets generic XDP and a hint; carrier loss is told; settings of
# an interface are never changed.
#
# Topology: lib.sh; then s0 becomes a port of the bridge br0, which takes its
# addresses over.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# refused IFACE WHY
refused() {
	instance "$HF_NAME"
	# shellcheck disable=SC2086 # several words
	hf_quiet attach "$1" -m always ${HF_OPTIONS:-} 2>"$TMP/refused"
	assert_eq "$1: exit 1" $? 1
	assert_eq "$1: one line" "$(cat "$TMP/refused")" "handfast: $1: $2"
	[ -e "/sys/fs/bpf/handfast/$HF_NAME" ]
	assert_eq "$1: nothing is left" $? 1
}

not_ethernet() {
	refused lo "not an Ethernet interface"
	if in_ns srv ip tuntap add mode tun name t0; then
		ip -n "hf-$$-srv" link set t0 up
		refused t0 "not an Ethernet interface"
	fi
	refused nosuch0 "no such interface"
}

settings() {
	ip -n "hf-$$-srv" -d -j link show s0 | jq -c '.[0] | [.mtu,
		.num_tx_queues, .num_rx_queues, .gso_max_size, .address, .flags]'
	in_ns srv ethtool -k s0 2>/dev/null
}

unchanged() {
	settings >"$TMP/before"
	start_handfast -i s0 -m always
	settings >"$TMP/during"
	hf detach --all
	stop handfastd
	settings >"$TMP/after"
	cmp -s "$TMP/before" "$TMP/during" && cmp -s "$TMP/before" "$TMP/after"
	assert_eq "MTU, queues, offloads, flags: as they were" $? 0
}

carrier() {
	start_handfast -i s0 -m always
	ip -n "hf-$$-cli" link set c0 down
	wait_for 5 no_carrier
	sleep 0.5
	ip -n "hf-$$-cli" link set c0 up
	wait_for 5 grep -q 's0: attaching took the link down for [0-9.]* s' \
		"$TMP/handfastd.out"
	assert_eq "the link was down after attaching: said for how long" $? 0
	hf detach --all
	stop handfastd
	ip -n "hf-$$-cli" addr replace $CLI6/64 dev c0 nodad
	hf_neigh_use cli c0 $SRV4
}

no_carrier() {
	ip -n "hf-$$-srv" -j link show s0 | jq -e '.[0].flags |
		index("NO-CARRIER")' >/dev/null
}

bridge() {
	ip -n "hf-$$-srv" link add br0 type bridge || return
	ip -n "hf-$$-srv" addr flush dev s0
	ip -n "hf-$$-srv" link set s0 master br0
	hf_end srv br0
	hf_addr srv br0 $SRV4 $SRV6
	hf_neigh_use cli c0 $SRV4
	start_handfast -i br0 -m always
	assert_eq "bridge: generic, with a hint to its ports" \
		"$(hf_quiet status --json | jq -r '.interfaces[0] |
		"\(.xdp) \(.why_generic)"')" "generic a bridge has no driver; \
for native XDP attach to its ports: s0"
	cli "$TOOLS/load" -d $SRV4 -p 80 -r 50 -t 1 >/dev/null
	assert_eq "bridge: all connect" $? 0
	assert_eq "bridge: by cookies" "$(counter ack_accepted)" 50
	check_identities
	hf detach --all
}

net_up
serve web -p 80 -b 1024
not_ethernet
unchanged
carrier
bridge
summary
