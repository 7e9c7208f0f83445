#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_splice_content.sh [MEGABYTES [generic|native]...]: bytes through spliced
# connections by a wire that loses two frames in a thousand and lets five come
# late, both ways: each arrives, in its place. MEGABYTES are of both directions
# together, 200 unless told; 10000 takes some minutes.
#
#   hf-PID-cli        hf-PID-wir               hf-PID-srv
#   +-----------+     +------------------+     +-----------+
#   | c1        |-----| w0   wire     w1 |-----| s2        |
#   | 10.81.0.1 |     |                  |     | 10.81.0.2 |
#   | fd81::1   |     |                  |     | fd81::2   |
#   +-----------+     +------------------+     +-----------+
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

FAR4=10.81.0.2 FAR6=fd81::2
CONNECTIONS=4		# of each IP version
WINDOW=1000000		# bytes of each on their way
MEGABYTES=${1:-$((200 / ${HF_SLOW:-1}))}
[ $# -gt 0 ] && shift

# wire_up: interfaces of it have no addresses, so only frames go by
wire_up() {
	hf_ns_add wir
	hf_link cli c1 wir w0 || exit 1
	hf_link wir w1 srv s2 || exit 1
	for at in w0 w1; do
		sysctl_in wir net.ipv6.conf.$at.disable_ipv6 1
	done
	hf_addr cli c1 10.81.0.1 fd81::1 || exit 1
	hf_addr srv s2 $FAR4 $FAR6 || exit 1
}

# start_wire [LOSS]: without loss until each end knows the other
start_wire() {
	hf_bg wir wire "$TOOLS/wire" -a w0 -b w1 "$@"
	wait_for 5 grep -q ready "$TMP/wire.out"
}

# of_wire DIRECTION FIELD: what it counted
of_wire() {
	sed -n "s/^$1 .*\b$2=\([0-9]*\).*/\1/p" "$TMP/wire.out"
}

# stats: what both kernels count of loss and reordering, a line each
stats() {
	for at in cli srv; do
		for what in TcpRetransSegs TcpExtTCPSackRecovery \
			TcpExtTCPSACKReorder TcpExtTCPSACKDiscard \
			TcpInCsumErrors; do
			echo "$at.$what $(hf_nstat $at $what)"
		done
	done
}

# grew NAME: by how much between `stats` before and after
grew() {
	awk -v n="$1" '$1 == n { v[FILENAME == ARGV[1]] = $2 }
		END { print v[0] - v[1] }' "$TMP/before" "$TMP/after"
}

# transfer: half of all bytes there, and back; by each IP version a half of that
transfer() {
	bytes=$((MEGABYTES * 1000000 / 4))
	for addr in $FAR4 $FAR6; do
		bg_cli "echoes$addr" "$TOOLS/echoes" -d "$addr" -p 7 -i 0 \
			-b $CONNECTIONS -w $WINDOW -n $bytes
	done
	for addr in $FAR4 $FAR6; do
		join "echoes$addr"
		cat "$TMP/echoes$addr.out"
		assert_eq "$mode $addr: each byte comes back" \
			"$(field ok "echoes$addr") $(field failed \
			"echoes$addr")" "$CONNECTIONS 0"
		assert_ge "$mode ... as many as were to" \
			"$(field bytes "echoes$addr")" $bytes
	done
}

# by_wire: the transfer, with what both kernels and the wire count of it
by_wire() {
	start_wire -l 500 -o 200
	stats >"$TMP/before"
	hf_clock
	began=$hf_now
	transfer
	hf_clock
	echo "$mode $MEGABYTES MB in $(((hf_now - began) / 100)) s"
	stats >"$TMP/after"
	stop wire
	tail -n 2 "$TMP/wire.out"
	while read -r name _; do
		echo "$name $(grew "$name")"
	done <"$TMP/after"
}

# mended: what went wrong on the wire was put right by SACK, at both ends
mended() {
	for way in 'w0->w1' 'w1->w0'; do
		assert_ge "$mode $way: frames were lost" \
			"$(of_wire "$way" lost)" 1
		assert_ge "$mode $way: frames came late" \
			"$(of_wire "$way" late)" 1
		[ "$mode" = native ] ||
			assert_ge "$mode $way: there were super-packets" \
				"$(of_wire "$way" super)" 1
	done
	for at in cli srv; do
		assert_ge "$mode $at: mended by SACK" \
			"$(grew $at.TcpExtTCPSackRecovery)" 1
		# late ACKs bring some that are, by the plain kernel as well;
		# not translated, nearly all would be
		assert_le "$mode $at: few SACK blocks were out of place" \
			"$(grew $at.TcpExtTCPSACKDiscard)" \
			$(($(of_wire 'w0->w1' late) + $(of_wire 'w1->w0' late)))
		assert_eq "$mode $at: no checksum was wrong" \
			"$(grew $at.TcpInCsumErrors)" 0
	done
}

net_up
wire_up
start_wire
hf_neigh_use cli c1 $FAR4 $FAR6
hf_neigh_use srv s2 10.81.0.1 fd81::1
stop wire
serve echo -p 7 -e
[ $# -gt 0 ] || set -- generic native
for mode; do
	# XDP_TX arrives only with XDP at the other end
	[ "$mode" = native ] && ip -n "hf-$$-wir" link set w1 xdpdrv \
		obj "$TOOLS/xdp_pass.bpf.o" sec xdp.frags
	start_handfast -i s2 -x "$mode" -m always -p 7 -o handoff=splice \
		-o drain_splice_s=0
	by_wire
	mended
	assert_ge "$mode they were spliced" "$(counter splice_opened)" \
		$((CONNECTIONS * 2))
	check_identities
	hf detach --all
	stop handfastd
done
summary
