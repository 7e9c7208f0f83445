#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_flood.sh: real clients get through a real flood, and handfast did it.
#
# Topology: lib.sh with the flooder; the client comes by s0, the flood by s1.
# Usage: test_flood.sh [generic|native] (both by default)
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

SLOW=${HF_SLOW:-1}
RATE=${RATE:-$((350000 / SLOW))}	# SYN/s asked for; a busy machine makes fewer
CONNECTIONS=${CONNECTIONS:-$((500 / SLOW))}	# real ones a second
SECONDS_UNDER=${SECONDS_UNDER:-10}

# count_synacks NS IF: an nft counter of the SYN-ACKs that arrive there
count_synacks() {
	in_ns "$1" nft -f - <<-END
	table netdev hft {
		chain in {
			type filter hook ingress device "$2" priority 0;
			tcp flags & (syn | ack) == (syn | ack) counter
		}
	}
	END
}

synacks() {
	in_ns "$1" nft -j list table netdev hft |
		jq '[.. | .counter? | objects | .packets] | add'
}

start_flood() {
	bg_fld flood "$TOOLS/flood" -i f0 -d "$SRV4_FLD" -p 80 \
		-m "$(mac_of srv s1)" -r "$RATE" -t "$1" -c 1
	arrived=$(s1_packets)
	wait_for 5 flood_arrives
}

s1_packets() {
	# shellcheck disable=SC2016 # awk's own
	in_ns srv awk '$1 == "s1:" { print $3 }' /proc/net/dev
}

flood_arrives() {
	[ $(($(s1_packets) - arrived)) -gt 1000 ]
}

under_flood() {
	seconds=$SECONDS_UNDER
	lost=$(lost_cli)
	start_flood $((seconds + 2))
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r "$CONNECTIONS" -t "$seconds" \
		>"$TMP/load.out"
	syn_recv=$(in_ns srv ss -Htn state syn-recv | wc -l)
	join flood
	cat "$TMP/load.out" "$TMP/flood.out"
	assert_ge "$1: it was a flood" "$(field rate flood)" \
		$((100000 / SLOW))
	assert_eq "$1: all real connections succeed" "$(field ok load)" \
		$((CONNECTIONS * seconds))
	assert_le "$1: the client repeated nothing that was lost" \
		$(($(lost_cli) - lost)) 0
	assert_eq "$1: the kernel has no half-open connection" "$syn_recv" 0
	assert_eq "$1: the kernel sent no cookie" \
		"$(nstat_srv TcpExtSyncookiesSent)" 0
}

with_handfast() {
	start_handfast -i s0 -i s1 -m always -o flood_syn_rate=$((10000 / SLOW))
	assert_eq "$1: XDP mode" "$(hf_quiet status --json |
		jq -r '[.interfaces[].xdp] | unique | join(",")')" "$1"
	count_synacks cli c0
	count_synacks fld f0
	under_flood "$1"
	sleep 0.1	# 50 ms, the contract of `counters`
	assert_eq "$1: syn_answered is what arrived on the wires" \
		"$(counter syn_answered)" $(($(synacks cli) + $(synacks fld)))
	check_identities
	assert_eq "$1: phase" "$(hf_quiet status --json | jq -r .phase)" flood
	hf detach --all
	stop handfastd
	in_ns cli nft delete table netdev hft
	in_ns fld nft delete table netdev hft
}

# A client that the kernel has metrics of would be let in all the same.
without_handfast() {
	sysctl_in srv net.ipv4.tcp_no_metrics_save 1
	ip -n "hf-$$-srv" tcp_metrics flush
	napi_on srv s1
	sysctl_in srv net.ipv4.tcp_syncookies 0
	start_flood 5
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 50 -t 2 -k 1000 >"$TMP/load.out"
	join flood
	cat "$TMP/load.out"
	assert_ge "without handfast: the flood is real, connections fail" \
		"$(field failed load)" 50
	sysctl_in srv net.ipv4.tcp_syncookies 1
}

net_up
net_flood_up
serve web -p 80 -b 4096
[ $# -gt 0 ] || set -- generic native
for mode; do
	if [ "$mode" = native ]; then
		native_peers c0 f0 || fail "native: peers"
	else
		napi_on srv s1
	fi
	with_handfast "$mode"
done
without_handfast
summary
