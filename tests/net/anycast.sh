# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# anycast.sh: several machines that have the same address on lo, behind the router
# `fld`. After tests/net/lib.sh.

# shellcheck disable=SC2034 # the tests'
ANY4=10.99.0.1 ANY6=fd99::1

# any_host NS DEV VIA4 VIA6: has the address of all, and answers by the router
any_host() {
	ip -n "hf-$$-$1" addr add $ANY4/32 dev lo
	ip -n "hf-$$-$1" addr add $ANY6/128 dev lo nodad
	ip -n "hf-$$-$1" route replace 10.77.0.0/24 via "$3" dev "$2"
	ip -n "hf-$$-$1" -6 route replace fd77::/64 via "$4" dev "$2"
}

# any_machine NS DEV N: a machine on another link fN of the router's
any_machine() {
	hf_ns_add "$1"
	hf_link fld "f$3" "$1" "$2" || exit 1
	hf_addr fld "f$3" "10.79.$3.1" "fd79:0:$3::1" || exit 1
	hf_addr "$1" "$2" "10.79.$3.2" "fd79:0:$3::2" || exit 1
	any_host "$1" "$2" "10.79.$3.1" "fd79:0:$3::1"
}

# any_router: of the client, which is not srv's neighbour any more
any_router() {
	ip -n "hf-$$-srv" link del s0
	hf_link cli c0 fld r0 || exit 1
	hf_addr cli c0 "$CLI4" "$CLI6" || exit 1
	hf_addr fld r0 10.77.0.9 fd77::9 || exit 1
	any_host srv s1 "$FLD4" "$FLD6"
	ip -n "hf-$$-cli" route add $ANY4 via 10.77.0.9
	ip -n "hf-$$-cli" -6 route add $ANY6 via fd77::9
	forward fld
}

# syns_apart: what the client's SYNs do is in table 101
syns_apart() {
	ip -n "hf-$$-fld" rule add fwmark 1 table 101
	ip -n "hf-$$-fld" -6 rule add fwmark 1 table 101
	in_ns fld nft add table inet way
	in_ns fld nft add chain inet way first \
		'{ type filter hook prerouting priority mangle; }'
	in_ns fld nft add rule inet way first iifname r0 \
		'tcp flags & (syn|ack) == syn' meta mark set 1
}
