#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_dispatcher.sh: an interface whose XDP programs were put there by libxdp, which
# chains them in a dispatcher: attach refuses, names them, and leaves them as they
# are; what it says to try lets it attach. While it is, libxdp cannot come between.
#
# In a guest (see run.sh): the kernel must let one program replace a function of
# another's, or there is no dispatcher. Topology: lib.sh with the flooder: s1 is
# what a daemon has already.
# Packages: xdp-tools.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

xdp_id() {
	ip -n "hf-$$-srv" -j link show s0 | jq '.[0].xdp.prog.id'
}

load_pass() {
	srv xdp-loader load -m "$1" -P 20 -s xdp.frags s0 \
		"$TOOLS/xdp_pass.bpf.o"
}

# Two programs, of two tools; xdp-filter goes first.
dispatched() {
	srv xdp-filter load -m "$1" s0 && load_pass "$1"
	dispatcher=$(xdp_id)
	srv xdp-loader status s0 | grep -q xdp_dispatcher ||
		skip 77 test_dispatcher "the kernel has no dispatcher"
}

# refuses NAME CMD...: with exit status 1, and they stay
refuses() {
	refused=$1
	shift
	"$@" >"$TMP/refused.out" 2>&1
	assert_eq "$refused: refused" $? 1
	assert_eq "$refused: whose programs" "$(grep -c "id $dispatcher, the \
dispatcher of libxdp with xdpfilt_[a-z_]*, xdp_pass" "$TMP/refused.out")" 1
	assert_eq "$refused: they stay" "$(xdp_id)" "$dispatcher"
}

refused() {
	refuses "$1, doctor" hf doctor s0
	start_handfast -i s1 -m always -x generic
	refuses "$1, a daemon without privileges" hf attach s0
	end_daemon TERM
	refuses "$1" srv "$HANDFASTD" -n "$HF_NAME" -i s0 -m always \
		-o max_flows=65536
}

try_it() {
	try=$(sed -n 's/^try: //p' "$TMP/refused.out")
	# shellcheck disable=SC2086 # several words
	srv $try
	assert_eq "$1: $try" "$? $(xdp_id)" "0 null"
	start_handfast -i s0 -m always -x "$2"
	connects "$1, attached" 20 20
	ours=$(xdp_id)
	load_pass native && fail "$1: libxdp finds the place taken"
	assert_eq "$1: libxdp changes nothing" "$(xdp_id)" "$ours"
	connects "$1, and goes on" 20 20
	check_identities
	end_daemon TERM
	assert_eq "$1: nothing is left" "$(xdp_id)" null
}

net_up
net_flood_up
native_peers c0
serve web -p 80 -b 1024
for mode in native skb; do
	xdp=native
	[ $mode = skb ] && xdp=generic
	dispatched $mode
	refused $mode
	try_it $mode $xdp
done
summary
