#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_card.sh: handfast at a network card and its driver, in a guest whose VM_NIC
# names one (see run.sh): native XDP where the driver takes it, else generic, with
# the reason; options, an upgrade, a detach, VLANs with and without the card
# stripping tags. The plain kernel beside it.
#
# Topology: lib.sh, on cards.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

vlan_up() {
	ip -n "hf-$$-$1" link add link "$2" name "$2.7" type vlan id 7
	ip -n "hf-$$-$1" addr add "10.70.0.$3/24" dev "$2.7"
	ip -n "hf-$$-$1" link set "$2.7" up
}

mode_of() {
	hf_quiet status --json | jq -r '.interfaces[0] |
		"\(.xdp)\(if .why_generic then ": " + .why_generic else "" end)"'
}

# The options that client and server agree on are the plain kernel's.
options() {
	in_ns cli "$TOOLS/load" -d "$SRV4" -p 80 -r 1 -t 1 >/dev/null
	grep accept "$TMP/web.out" | tail -n 1 | sed 's/.*mss=/mss=/'
}

by_mode() {
	start_handfast -i s0 -m always -x "$1"
	echo "$HF_NIC, $1: $(mode_of)"
	connects "$1" 50 50
	assert_eq "$1: options are the kernel's" "$(options)" "$plain"
	bg_cli load "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 4 -k 20000
	end_daemon USR2
	start_handfast -i s0 -m always -x "$1"
	join load
	assert_eq "$1: a new daemon takes over, nobody fails" $? 0
	check_identities
	end_daemon TERM
	assert_eq "$1: no XDP is left" \
		"$(ip -n "hf-$$-srv" -j link show s0 | jq -r '.[0].xdp')" null
}

strips() {
	in_ns srv ethtool -k s0 | grep -q '^rx-vlan-offload: on$'
}

vlans() {
	vlan_up cli c0 1
	vlan_up srv s0 2
	if strips; then
		srv "$HANDFASTD" -n "$HF_NAME" -i s0 -m always \
			-o max_flows=65536 >"$TMP/refused.out" 2>&1
		assert_eq "the card strips tags: refused" \
			"$? $(grep -c 'try: ethtool -K s0 rxvlan off' \
				"$TMP/refused.out")" "1 1"
		srv ethtool -K s0 rxvlan off
		strips && return	# fixed
	fi
	start_handfast -i s0 -m always
	in_ns cli "$TOOLS/load" -d 10.70.0.2 -p 80 -r 1 -t 1 >/dev/null
	hf_answered=$(counter syn_answered)
	cli "$TOOLS/load" -d 10.70.0.2 -p 80 -r 20 -t 1 >/dev/null
	assert_eq "a VLAN: all connect" $? 0
	assert_eq "a VLAN: by cookies" \
		$(($(counter syn_answered) - hf_answered)) 20
	check_identities
	end_daemon TERM
}

[ -n "${HF_NIC:-}" ] || skip 77 test_card "no VM_NIC"
net_up
serve web -p 80 -b 1024
plain=$(options)
echo "plain kernel: $plain"
by_mode auto
by_mode generic
vlans
summary
