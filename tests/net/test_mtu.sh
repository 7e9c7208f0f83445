#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_mtu.sh: spliced connections over links that are narrower than both ends
# believe, in front of the host and behind it. What is too large for one is
# answered by ICMP, which quotes the segment, or by nobody: then the server's MSS
# alone keeps segments small enough. The plain kernel first.
#
#   hf-PID-far      hf-PID-cli      hf-PID-srv       hf-PID-box
#   10.81.0.2 ----- router   ------ 10.77.0.2 ------ 10.79.0.2
#   fd81::2   1300          1500    fd77::2   1300   fd79::2
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

FAR4=10.81.0.2 FAR6=fd81::2 BOX4=10.79.0.2 BOX6=fd79::2 MTU=1300

# announces NS VIA4 VIA6: segments as large as on any other link
announces() {
	ip -n "hf-$$-$1" route replace default via "$2" advmss 1460
	ip -n "hf-$$-$1" -6 route replace default via "$3" advmss 1440
}

# The far client announces what its link cannot carry.
far_up() {
	hf_ns_add far
	hf_link cli c2 far r0 || exit 1
	hf_addr cli c2 10.81.0.1 fd81::1 || exit 1
	hf_addr far r0 $FAR4 $FAR6 || exit 1
	ip -n "hf-$$-cli" link set c2 mtu $MTU
	ip -n "hf-$$-far" link set r0 mtu $MTU
	announces far 10.81.0.1 fd81::1
	ip -n "hf-$$-srv" route add 10.81.0.0/24 via $CLI4
	ip -n "hf-$$-srv" -6 route add fd81::/64 via $CLI6
	forward cli
}

# ... and so does the server behind.
box_up() {
	behind_up box 0
	ip -n "hf-$$-srv" link set v0 mtu $MTU
	ip -n "hf-$$-box" link set b0 mtu $MTU
	announces box 10.79.0.1 fd79::1
	serve_in box behind -p 7 -e
}

# no kernel remembers what it learned of a path
forget() {
	for ns in far cli srv box; do
		ip -n "hf-$$-$ns" route flush cache
		ip -n "hf-$$-$ns" -6 route flush cache
	done
}

megabyte() {
	[ "$(in_ns "$1" ss -Htin "dport = :$2" | grep -o \
		'bytes_received:[0-9]*' | cut -d: -f2 | sort -n | tail -1)" \
		-gt 1000000 ] 2>/dev/null
}

# carries NAME NS ADDR PORT: a megabyte and more each way, byte for byte
carries() {
	hf_bg "$2" echoes "$TOOLS/echoes" -d "$3" -p "$4" -i 0 -b 1
	wait_for 10 grep -q connected "$TMP/echoes.out"
	wait_for 10 megabyte "$2" "$4"
	assert_eq "$mode a megabyte arrives: $1, $3" $? 0
	stop echoes
	assert_eq "$mode ... byte for byte" \
		"$(cut -d' ' -f1,2 "$TMP/echoes.out" | tail -1)" \
		"ok=1 failed=0"
}

each_path() {
	forget
	carries "narrow in front" far "$SRV4" 7
	carries "narrow in front" far "$SRV6" 7
	carries "narrow in front, published by DNAT" far "$SRV4" 7007
	carries "narrow in front, published by DNAT" far "$SRV6" 7007
	carries "narrow behind" cli "$SRV4" 7007
	carries "narrow behind" cli "$SRV6" 7007
	carries "narrow behind, routed" cli $BOX4 7
	carries "narrow behind, routed" cli $BOX6 7
}

# No ICMP tells of the link behind; the server there knows what it can carry.
silent_path() {
	ip -n "hf-$$-box" route replace default via 10.79.0.1
	ip -n "hf-$$-box" -6 route replace default via fd79::1
	in_ns srv nft -f - <<-END || fail "nft takes the rules"
	table inet silence {
		chain out {
			type filter hook output priority 0;
			icmp type destination-unreachable counter drop
			icmpv6 type packet-too-big counter drop
		}
	}
	END
	forget
	carries "narrow and silent behind" cli "$SRV4" 7007
	carries "narrow and silent behind" cli "$SRV6" 7007
	in_ns srv nft delete table inet silence
	announces box 10.79.0.1 fd79::1
}

# spliced PATHS: the first of each passes, and shows what is answered
spliced() {
	start_handfast -i s0 -m always -x "$xdp" -p 7,7007 \
		-p "$BOX4:7,[$BOX6]:7" -o handoff=splice -o drain_splice_s=1
	"$1"
	accepted=$(counter ack_accepted)
	"$1"
	assert_ge "$mode all but those that pass to be seen were spliced" \
		$(($(counter ack_accepted) - accepted)) "$2"
	[ "$1" = silent_path ] ||
		assert_ge "$mode ICMP was translated" "$(counter splice_icmp)" 2
	check_identities
	hf detach --all
	stop handfastd
}

net_up
far_up
box_up
serve echo -p 7 -e
in_ns srv nft -f - <<END || fail "nft takes the rules"
table inet publish {
	chain pre {
		type nat hook prerouting priority dstnat;
		tcp dport 7007 dnat ip to $BOX4:7
		tcp dport 7007 dnat ip6 to [$BOX6]:7
	}
	chain in {
		type filter hook input priority 0;
		ct state invalid counter drop
	}
	chain forward {
		type filter hook forward priority 0;
		ct state invalid counter drop
	}
}
END
mode="plain kernel:"
each_path
silent_path
[ $# -gt 0 ] || set -- generic native
for mode; do
	xdp=$mode
	[ "$mode" = native ] && native_peers c0
	spliced each_path 4
	spliced silent_path 2
done
summary
