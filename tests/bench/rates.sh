#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# rates.sh: what real clients notice of a flood, by its rate: how many of 300 a second
# succeed, and the time that 99 of 100 take to the first byte of an answer; with the
# plain kernel (no cookies), kernel cookies, nftables' synproxy, and handfast. For
# `make bench-plot`, as tab-separated lines in build/rates.tsv:
#
#   variant  SYN/s  succeeded, %  p99, ms
#
# The client comes by s0, the flood by s1 from CPU 1; client and server are on CPU 0.
# The server has not met the client before: the plain kernel takes those whom its
# metrics know even where its queue is full (tcp_peer_is_proven()).
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

RATES=${RATES:-0 10000 30000 100000 300000 600000}
CONNECTIONS=${CONNECTIONS:-300}
SECONDS_EACH=${SECONDS_EACH:-3}
WAIT_MS=3000			# who takes longer has failed
VARIANTS='plain cookies synproxy handfast'
OUT=${B:-$HF_ROOT/build}/rates.tsv

synproxy_on() {
	in_ns srv nft -f - <<-'END'
	table inet hft {
		chain raw {
			type filter hook prerouting priority raw;
			tcp dport 80 tcp flags syn notrack
		}
		chain in {
			type filter hook input priority 0;
			tcp dport 80 ct state invalid,untracked \
				synproxy mss 1460 wscale 7 timestamp sack-perm
			tcp dport 80 ct state invalid drop
		}
	}
	END
}

variant_on() {
	sysctl_in srv net.ipv4.tcp_syncookies 0
	case $1 in
	plain) ;;
	cookies) sysctl_in srv net.ipv4.tcp_syncookies 1 ;;
	synproxy)
		sysctl_in srv net.netfilter.nf_conntrack_tcp_loose 0
		synproxy_on || give_up "synproxy"
		;;
	handfast)
		sysctl_in srv net.ipv4.tcp_syncookies 1
		start_handfast -i s0 -i s1 -p 80 -m always -x native
		;;
	esac
}

variant_off() {
	case $1 in
	synproxy) in_ns srv nft delete table inet hft ;;
	handfast)
		hf detach --all
		stop handfastd
		;;
	esac
}

# The server is new for each: the kernel's half-open connections go with it.
one_rate() {
	# shellcheck disable=SC2046 # several words
	bg_srv web $(on_cpu 0) "$TOOLS/srv" -p 80 -b 4096
	wait_for 5 grep -q ready "$TMP/web.out"
	if [ "$2" -gt 0 ]; then
		bg_fld flood "$TOOLS/flood" -i f0 -d "$SRV4_FLD" -p 80 \
			-m "$MAC" -r "$2" -t $((SECONDS_EACH + 2)) -c 1
		sleep 1		# its first second fills queues
	fi
	# shellcheck disable=SC2046 # several words
	cli $(on_cpu 0) "$TOOLS/load" -d "$SRV4" -p 80 -r "$CONNECTIONS" \
		-t "$SECONDS_EACH" -k $WAIT_MS >"$TMP/load.out"
	[ "$2" -eq 0 ] || join flood
	stop web
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" \
		"$(calc "100 * $(field ok load) / ($(field ok load) + \
$(field failed load))" %.2f)" \
		"$(calc "$(field p99_us load) / 1000" %.3f)" | tee -a "$OUT"
}

net_up
net_flood_up
quiet
two_cpus
MAC=$(mac_of srv s1)
native_peers c0 f0 || give_up "XDP at the peers"
napi_on srv s0
napi_on srv s1
sysctl_in srv net.ipv4.tcp_no_metrics_save 1
: >"$OUT"
for variant in $VARIANTS; do
	variant_on "$variant"
	for rate in $RATES; do
		one_rate "$variant" "$rate"
	done
	variant_off "$variant"
done
