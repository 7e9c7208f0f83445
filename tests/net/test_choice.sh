#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_choice.sh: which handoff takes a connection, with handoff = auto: reqsk for
# a socket of this host as long as nothing between tc and it wants to see a SYN,
# else splice; for the next connection, whatever made the hook, and while clients
# connect. `services` and `status` say so, and why.
#
# Topology: lib.sh.
# Packages: nftables, iptables (its legacy variant where the kernel has it).
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs_choice() {
	handoff_is reqsk || skip 77 test_choice "this kernel has one handoff"
}

FREE="nothing between tc and its socket wants to see a SYN"
HOOKS="netfilter has hooks between tc and the sockets"

# took ADDR: the counters say which handoff took three connections
took() {
	before=$(counter admit_assigned),$(counter splice_opened)
	cli "$TOOLS/load" -d "$1" -p 80 -r 100 -t 0.03 >"$TMP/load.out" ||
		fail "$mode $1: they connect"
	after=$(counter admit_assigned),$(counter splice_opened)
	echo $((${after%,*} - ${before%,*})) $((${after#*,} - ${before#*,}))
}

reqsk_takes() {
	for addr in $2; do
		assert_eq "$mode $1: reqsk takes it, $addr" "$(took "$addr")" \
			"3 0"
	done
}

splice_takes() {
	for addr in $2; do
		assert_eq "$mode $1: it is spliced, $addr" "$(took "$addr")" \
			"0 3"
	done
}

# of_service FIELD
of_service() {
	hf_quiet services -j | jq -r ".services[] |
		select(.service == \"*:80\") | .$1"
}

says() {
	[ "$(of_service handoff)" = "$1" ] &&
		[ "$(of_service handoff_why)" = "$2" ] &&
		[ "$(hf_quiet status -j | jq -r .handoff)" = "$1" ]
}

# told NAME HANDOFF WHY
told() {
	wait_for 5 says "$2" "$3"
	assert_eq "$mode $1: services and status say so" $? 0
}

# hooked NAME FAMILY HOOK RULE SPLICED [REQSK]: one chain, made and removed; which
# addresses are spliced meanwhile, and which are not
hooked() {
	in_ns srv nft -f - <<-END || fail "$1: nft"
	table $2 choice {
		chain c {
			type $3;
			$4
		}
	}
	END
	splice_takes "$1" "$5"
	[ -z "${6:-}" ] || reqsk_takes "$1" "$6"
	in_ns srv nft delete table "$2" choice
	reqsk_takes "$1, removed" "$SRV4 $SRV6"
}

hooks() {
	both="$SRV4 $SRV6"
	reqsk_takes "nothing in the way" "$both"
	told "nothing in the way" reqsk "$FREE"
	hooked "a chain at input" inet "filter hook input priority 0" "counter" "$both"
	hooked "a rule that asks conntrack" inet "filter hook prerouting priority 0" \
		"ct state invalid drop" "$both"
	hooked "a chain for IPv4 alone" ip "filter hook input priority 0" "counter" \
		"$SRV4" "$SRV6"
	hooked "a chain for IPv6 alone" ip6 "filter hook prerouting priority -300" \
		"counter" "$SRV6" "$SRV4"
	hooked "NAT" ip "nat hook prerouting priority dstnat" \
		"tcp dport 8080 redirect to 80" "$SRV4" "$SRV6"
	in_ns srv nft -f - <<-END
	table netdev choice {
		chain c { type filter hook ingress device s0 priority 0; }
	}
	END
	told "a chain of the device" splice "$HOOKS"
	in_ns srv nft delete table netdev choice
	hooked "a chain of the device" netdev \
		"filter hook ingress device s0 priority 0" "counter" "$both"
	in_ns srv nft -f - <<-END
	table inet choice {
		chain c { type filter hook input priority 0; }
		chain d { type filter hook output priority 0; }
	}
	END
	splice_takes "an empty chain" "$both"
	told "an empty chain" splice "$HOOKS"
	in_ns srv nft delete table inet choice
	told "no chain" reqsk "$FREE"
}

# Rules that come and go under load end no connection.
under_load() {
	bg_cli steady "$TOOLS/load" -d "$SRV4" -p 80 -r 500 -t 6
	wait_for 5 test_counter ack_accepted 100
	for turn in 1 2 3 4 5 6 7 8 9 10; do
		in_ns srv nft 'table inet choice {
			chain c {
				type filter hook input priority 0
				ct state invalid drop
			}
		}'
		spliced=$(($(counter splice_opened) + 20))
		wait_for 5 test_counter splice_opened $spliced
		in_ns srv nft delete table inet choice
		taken=$(($(counter admit_assigned) + 20))
		wait_for 5 test_counter admit_assigned $taken
	done
	[ "$turn" = 10 ]
	assert_eq "$mode rules come and go: both handoffs were taken" $? 0
	join steady
	cat "$TMP/steady.out"
	assert_eq "$mode rules come and go: no connection was lost" \
		"$(field failed steady)" 0
}

test_counter() {
	[ "$(counter "$1")" -ge "$2" ]
}

# field NAME OUTPUT
field() {
	sed -n "s/.*\b$1=\([0-9]*\).*/\1/p" "$TMP/$2.out"
}

# A sysctl that the reqsk handoff needs is no reason to protect nobody.
without_syncookies() {
	sysctl_in srv net.ipv4.tcp_syncookies 0
	told "tcp_syncookies=0" splice "net.ipv4.tcp_syncookies is 0"
	splice_takes "tcp_syncookies=0" "$SRV4 $SRV6"
	sysctl_in srv net.ipv4.tcp_syncookies 1
	told "tcp_syncookies=1" reqsk "$FREE"
}

# The file asks, for one service or all.
asked_for() {
	conf "[handfast]" "mode = always" "[service *:80]" "handoff = splice"
	hf reload >/dev/null
	told "handoff = splice of a service" splice "it was asked for"
	splice_takes "handoff = splice of a service" "$SRV4"
	conf "[handfast]" "mode = always"
	hf reload >/dev/null
	told "as it was" reqsk "$FREE"
	reqsk_takes "as it was" "$SRV4"
}

needs_choice
net_up
serve web -p 80
[ $# -gt 0 ] || set -- generic native
for mode; do
	[ "$mode" = native ] && native_peers c0
	conf "[handfast]" "mode = always"
	start_handfast -c "$TMP/conf" -i s0 -x "$mode" -o drain_splice_s=0
	hooks
	under_load
	without_syncookies
	asked_for
	check_identities
	hf detach --all
	stop handfastd
done
summary
