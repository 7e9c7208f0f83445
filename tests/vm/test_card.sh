#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_card.sh: handfast at a network card and its driver, in a guest whose VM_NIC
# names one (see run.sh): native XDP where the driver takes it, else generic, with
# the reason; options, an upgrade, a detach, VLANs with and without the card
# stripping tags. The plain kernel beside it.
#
# Topology: lib.sh, on cards.
set -u
# shellcheck source=tests/vm/card.sh
. "$(dirname "$0")/card.sh"

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
	gone "$1"
}

strips() {
	in_ns srv ethtool -k s0 | grep -q '^rx-vlan-offload: on$'
}

vlans() {
	hf_vlan cli c0 7 10.70.0.1
	hf_vlan srv s0 7 10.70.0.2
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
	connects "a VLAN" 20 20 80 10.70.0.2
	check_identities
	end_daemon TERM
}

net_up
serve web -p 80 -b 1024
plain=$(options)
echo "plain kernel: $plain"
by_mode auto
by_mode generic
vlans
summary
