#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# synack.sh: CPU time of the server for each SYN-ACK under a flood: kernel
# cookies, nftables synproxy, handfast native and generic. A bare XDP_TX shows what
# the veth itself costs, the floor of an answer (floor.bpf.c) what nobody gets below.
#
# A veth's NAPI would run on the sender's CPU, in whatever softirq comes first.
# Here the NAPI of s1 is a kernel thread of its own on CPU 0 (`threaded`), and
# all that the server does for a SYN is done in it: XDP, the stack, nftables,
# the SYN-ACK up to the ring of the other end. Its CPU time comes from
# /proc/PID/schedstat. The NAPI of f0, where an XDP program counts the SYN-ACKs
# and drops them, is a thread on the same CPU that does not preempt: neither its
# work nor an interrupt to wake it is the server's. The flood comes from CPU 1,
# 64 frames at once, as from a NIC that coalesces interrupts; the rate is the
# same for all and far below what kernel cookies can do, so that no ring is full.
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

RATE=${RATE:-200000}
SECONDS_EACH=${SECONDS_EACH:-1}
AT_ONCE=64
LEAST=10000		# SYN-ACKs a round, or it was none
VARIANTS='kernel synproxy native generic floor xdp_tx'

synacks() {
	bpftool -j map dump id "$SYNACKS" | jq '.[0].formatted.value'
}

# made VARIANT: SYN-ACKs that it says it made
made() {
	case $1 in
	kernel) nstat_srv TcpExtSyncookiesSent ;;
	synproxy)
		sum=0
		# shellcheck disable=SC2016 # awk's own
		for n in $(in_ns srv awk 'NR > 1 { print "0x" $2 }' \
			/proc/net/stat/synproxy); do
			sum=$((sum + n))
		done
		echo $sum
		;;
	native | generic) counter syn_answered ;;
	esac
}

# counts VARIANT: does it say how many it made?
counts() {
	[ "$1" != floor ] && [ "$1" != xdp_tx ]
}

synproxy_on() {
	in_ns srv nft -f - <<-'END' 2>"$TMP/nft.out"
	table inet hft {
		chain raw {
			type filter hook prerouting priority raw;
			iifname "s1" tcp dport 80 tcp flags syn notrack
		}
		chain in {
			type filter hook input priority 0;
			iifname "s1" tcp dport 80 ct state invalid,untracked \
				synproxy mss 1460 wscale 7 timestamp sack-perm
		}
	}
	END
}

variant_on() {
	case $1 in
	kernel) ;;
	synproxy) synproxy_on ;;
	native | generic)
		start_handfast -i s1 -p 80 -m always -x "$1"
		wait_for 10 old_sockets_are 0
		;;
	*) xdp_set srv s1 "$1" ;;
	esac
}

variant_off() {
	case $1 in
	kernel) ;;
	synproxy) in_ns srv nft delete table inet hft ;;
	native | generic)
		hf detach --all
		stop handfastd
		;;
	*) xdp_set srv s1 off ;;
	esac
}

# flood_once VARIANT: nanoseconds a SYN-ACK
flood_once() {
	dut=$(napi_thread srv s1 0) || give_up "no NAPI thread of s1"
	before=$(synacks)
	made=$(made "$1")
	before_ns=$(cpu_ns "$dut")
	fld "$TOOLS/flood" -i f0 -d "$SRV4_FLD" -p 80 -m "$MAC" -r "$RATE" \
		-t "$SECONDS_EACH" -c 1 --at-once $AT_ONCE >"$TMP/flood.out"
	sleep 0.1
	ns=$(($(cpu_ns "$dut") - before_ns))
	n=$(($(synacks) - before))
	echo "$1: $n SYN-ACKs of $(field sent flood) SYNs, $((ns / 1000000)) ms"
	[ "$n" -ge $LEAST ] || give_up "$1: no SYN-ACKs"
	counts "$1" && [ $(($(made "$1") - made)) -lt "$n" ] &&
		give_up "$1: somebody else made the SYN-ACKs"
	note "$1" $((ns / n))
	note "$1.rate" "$(field rate flood)"
}

net_up
net_flood_up
quiet
two_cpus
MAC=$(mac_of srv s1)
bg_srv web "$TOOLS/srv" -p 80 -b 4096
wait_for 5 grep -q ready "$TMP/web.out"
sysctl_in srv net.ipv4.tcp_syncookies 2
napi_on srv s1
xdp_set fld f0 xdp_sink
SYNACKS=$(bpftool -j prog show id "$(ip -n "$(ns_of fld)" -j link show f0 |
	jq '.[0].xdp.prog.id')" | jq '.map_ids[0]')
sink=$(napi_thread fld f0 0) || give_up "no NAPI thread of f0"
chrt -b -p 0 "$sink"
if ! synproxy_on; then
	why=$(head -n 1 "$TMP/nft.out")
	VARIANTS=$(echo "$VARIANTS" | sed 's/ synproxy//')
else
	variant_off synproxy
fi
round=0
while [ $round -lt "$ROUNDS" ]; do
	# shellcheck disable=SC2086 # several words
	for variant in $(turn $round $VARIANTS); do
		variant_on "$variant"
		flood_once "$variant"
		variant_off "$variant"
	done
	round=$((round + 1))
done
result synack.rate "$(median kernel.rate)"
for variant in $VARIANTS; do
	result "synack.$variant" "$(median "$variant")"
done
[ -z "${why:-}" ] ||
	result synack.synproxy - "not available on this kernel: $why"
for mode in native generic floor; do
	for than in kernel synproxy; do
		[ $than = synproxy ] && [ -n "${why:-}" ] && continue
		result "synack.$mode.$than" \
			"$(median_ratio $mode $than)"
	done
done
