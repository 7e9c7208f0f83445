#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_ghosts.sh: a client proves his handshake by a segment that the kernel drops (a
# checksum of the pseudo header alone, an IPv4 source route, an IPv6 option that says
# "discard"), 20000 times a second: the records of what never became a connection
# must not take the room of those that do. By each handoff, of one network and of
# many, beside real clients.
#
# By splice the daemon repeats the SYN to the server, and so makes a connection of it
# as any client could: there are fewer of them here, and none with a bad checksum,
# since the SYN's is made anew. A table that is full says so, and leaves SYNs to the
# kernel.
#
# Topology: attack.sh.
set -u
# shellcheck source=tests/attack/attack.sh
. "$(dirname "$0")/attack.sh"

used() {
	hf_quiet status --json | jq .tables.flows.used
}

used_are_below() {
	[ "$(used)" -lt "$1" ]
}

# attack KIND DST PREFIX: for $SECONDS_EACH
attack() {
	ip -n "hf-$$-cli" link set c0 xdpgeneric \
		obj "$TOOLS/xdp_ghost.bpf.o" sec "xdp.$1"
	cli "$TOOLS/flood" -i c0 -d "$2" -p 80 -m "$SRV_MAC" -r 20000 \
		-t $SECONDS_EACH -c 1 -s "$3" >"$TMP/attack.out"
	ip -n "hf-$$-cli" link set c0 xdpgeneric off
}

# ghosts NAME KIND DST PREFIX MOST LEAST: so many records at most, of so many proofs
ghosts() {
	name="$handoff $1"
	defend -m always -o "handoff=$handoff" -o flood_hold_s=2 \
		-o drain_splice_s=0
	bg_cli real "$TOOLS/load" -d "$SRV4" -p 80 -r 50 -t 60
	attack "$2" "$3" "$4"
	now=$(used)
	proved=$(counter ack_accepted)
	echo "$name: $proved proved, $now records" >&2
	assert_ge "$name: they are proved" "$proved" "$6"
	assert_le "$name: records" "$now" "$5"
	assert_eq "$name: there is room for all SYNs" \
		"$(counter syn_pass_no_room)" 0
	[ "$handoff" = splice ] || wait_for 30 used_are_below 1000
	stop real
	assert_eq "$name: all real clients connect" "$(field failed real)" 0
	[ "$handoff" = splice ] || check_identities
	disarm
}

# of the handoff that fills it
full_table() {
	defend -m always -o handoff=splice -o flood_hold_s=2 \
		-o drain_splice_s=0 -o max_flows=16384
	SECONDS_EACH=2
	attack option "$SRV4" 10.128.0.0/9
	assert_eq "full table: status says so" \
		"$(hf_quiet status --json | jq -r ".why[:8]")" "no room:"
	hf_quiet status >/dev/null
	assert_eq "full table: status exits 1" $? 1
	wait_for 10 phase_is calm
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 50 -t 2 >"$TMP/load.out"
	assert_eq "full table, calm: all real clients connect" \
		"$(field failed load)" 0
	assert_ge "full table, calm: by the kernel" \
		"$(counter syn_pass_no_room)" 90
	disarm
}

each_ghost() {
	SECONDS_EACH=5 most=15000 kinds="option partial"
	[ "$handoff" = reqsk ] || SECONDS_EACH=1 most=25000 kinds=option
	for kind in $kinds; do
		ghosts "$kind, IPv4" "$kind" "$SRV4" 10.128.0.0/9 "$most" 10000
		ghosts "$kind, IPv6" "$kind" "$SRV6" fd00:f100::/32 "$most" 10000
		ghosts "$kind, one network" "$kind" "$SRV4" 10.200.0.0/24 9500 \
			5000
	done
}

attack_up
by_each_handoff each_ghost
full_table
summary
