#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# live.sh: what an answer costs on a real interface: the kernel's own clock around
# each run of the XDP program (kernel.bpf_stats_enabled) under a flood over a veth, of a
# bare XDP_TX, of the floor of an answer, and of handfast. Where so few SYNs come that
# something else runs between them, code and data come from further away; where many
# come, from the first cache.
#
# The clock itself costs as much for all; what is compared is above the bare XDP_TX.
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

RATES=${RATES:-300000 2000000}
SECONDS_EACH=${SECONDS_EACH:-1}
LEAST=50000		# runs in a round, or it was no flood
VARIANTS='xdp_tx floor native'

# stats: "run_time_ns run_cnt" of the XDP program of s1
stats() {
	bpftool -j prog show id "$(ip -n "$(ns_of srv)" -j link show s1 |
		jq '.[0].xdp.prog.id')" | jq -r '"\(.run_time_ns) \(.run_cnt)"'
}

variant_on() {
	case $1 in
	native)
		start_handfast -i s0 -i s1 -p 80 -m always -x native
		wait_for 10 old_sockets_are 0
		;;
	*) xdp_set srv s1 "$1" ;;
	esac
}

variant_off() {
	case $1 in
	native)
		hf detach --all
		stop handfastd
		;;
	*) xdp_set srv s1 off ;;
	esac
}

# flood_once VARIANT RATE
flood_once() {
	before=$(stats)
	fld "$TOOLS/flood" -i f0 -d "$SRV4_FLD" -p 80 -m "$MAC" -r "$2" \
		-t "$SECONDS_EACH" -c 1 >"$TMP/flood.out"
	figures=$(echo "$before $(stats)" |
		awk '{ print $4 - $2, ($3 - $1) / ($4 - $2) }')
	echo "$2/s, $1: ${figures% *} runs, ${figures#* } ns each"
	[ "${figures% *}" -ge $LEAST ] || give_up "$1: no flood"
	note "$2.$1" "${figures#* }"
}

# above RATE VARIANT: than the bare XDP_TX in the same round
above() {
	note "$1.$2.above" "$(calc "$(tail -n 1 "$TMP/$1.$2.figures") - \
$(tail -n 1 "$TMP/$1.xdp_tx.figures")")"
}

# shellcheck disable=SC2317 # by trap
stats_off() {
	sysctl -q -w kernel.bpf_stats_enabled="$enabled"
}

net_up
net_flood_up
quiet
two_cpus
MAC=$(mac_of srv s1)
native_peers c0 || give_up "XDP at the peer"
xdp_set fld f0 xdp_sink		# no stack works on the answers in between
bg_srv web "$TOOLS/srv" -p 80 -b 4096
wait_for 5 grep -q ready "$TMP/web.out"
enabled=$(sysctl -n kernel.bpf_stats_enabled)
sysctl -q -w kernel.bpf_stats_enabled=1
trap 'hf_status=$?; stats_off; net_down; exit $hf_status' EXIT
round=0
while [ $round -lt "$ROUNDS" ]; do
	# shellcheck disable=SC2086 # several words
	for variant in $(turn $round $VARIANTS); do
		variant_on "$variant"
		for rate in $RATES; do
			flood_once "$variant" "$rate"
		done
		variant_off "$variant"
	done
	for rate in $RATES; do
		above "$rate" floor
		above "$rate" native
	done
	round=$((round + 1))
done
for rate in $RATES; do
	for variant in $VARIANTS; do
		result "live.$rate.$variant" "$(median "$rate.$variant")"
	done
	result "live.$rate.of_floor" \
		"$(median_ratio "$rate.native.above" "$rate.floor.above")"
done
