#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_rules.sh: rules as orchestrators make them, in both dialects: chains that
# jump by service and endpoint, named maps and verdict maps, two endpoints by
# chance, a port of the host itself and one that is published, thousands of rules
# that change each second. Clients reach the same servers as without handfast, calm
# and under flood.
#
# Topology: lib.sh; endpoints a and b behind srv: 10.79.0.2, 10.79.1.2.
# Packages: nftables, iptables.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

A=10.79.0.2 B=10.79.1.2 NODE_PORT=30080
RULES=${RULES:-20000}

# As kube-proxy's iptables mode: the host's own 443 goes to endpoints, too.
iptables_rules() {
	command -v iptables-legacy >/dev/null || return
	sed 's/^		//' <<-END | in_ns srv iptables-legacy-restore || return
		*nat
		:KUBE-SERVICES - [0:0]
		:KUBE-NODEPORTS - [0:0]
		:KUBE-SVC-WEB - [0:0]
		:KUBE-SEP-A - [0:0]
		:KUBE-SEP-B - [0:0]
		:KUBE-MARK-MASQ - [0:0]
		:KUBE-POSTROUTING - [0:0]
		-A PREROUTING -j KUBE-SERVICES
		-A POSTROUTING -j KUBE-POSTROUTING
		-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
		-A KUBE-NODEPORTS -p tcp -m tcp --dport $NODE_PORT -j KUBE-SVC-WEB
		-A KUBE-SVC-WEB -m statistic --mode random --probability 0.5 -j KUBE-SEP-A
		-A KUBE-SVC-WEB -j KUBE-SEP-B
		-A KUBE-SEP-A -p tcp -j KUBE-MARK-MASQ
		-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination $A:80
		-A KUBE-SEP-B -p tcp -j KUBE-MARK-MASQ
		-A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination $B:80
		-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
		-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
		-A KUBE-POSTROUTING -j MASQUERADE
		COMMIT
	END
}

# As its nftables mode: named maps, and an anonymous one by chance.
nft_rules() {
	in_ns srv nft -f - <<-END
	table ip kube-proxy {
		map service-nodeports {
			type inet_proto . inet_service : verdict
			elements = { tcp . $NODE_PORT : goto service-web }
		}
		set local-addrs {
			type ipv4_addr
			elements = { $SRV4 }
		}
		chain nat-prerouting {
			type nat hook prerouting priority dstnat;
			ip daddr @local-addrs meta l4proto . th dport vmap @service-nodeports
		}
		chain service-web {
			numgen random mod 2 vmap { 0 : goto endpoint-a, 1 : goto endpoint-b }
		}
		chain endpoint-a {
			meta l4proto tcp mark set 0x4000 dnat to $A:80
		}
		chain endpoint-b {
			meta l4proto tcp mark set 0x4000 dnat to $B:80
		}
		chain nat-postrouting {
			type nat hook postrouting priority srcnat;
			meta mark 0x4000 masquerade
		}
	}
	END
}

no_rules() {
	in_ns srv nft flush ruleset
	command -v iptables-legacy >/dev/null &&
		sed 's/^		//' <<-END | in_ns srv iptables-legacy-restore
		*nat
		COMMIT
	END
}

# load PORT RATE SECONDS NAME
load() {
	cli "$TOOLS/load" -d "$SRV4" -p "$1" -r "$2" -t "$3" >"$TMP/load.out"
	assert_eq "$mode $4: all connect" \
		"$(field ok load) $(field failed load)" "$(($2 * $3)) 0"
}

accepted() {
	grep -c ^accept "$TMP/$1.out"
}

# each NAME: the port is served by both endpoints, and the host's own by itself
each() {
	for name in a b own; do
		eval "had_$name=$(accepted $name)"
	done
	load $NODE_PORT 200 1 "$1, published port"
	load 443 200 1 "$1, the host's own"
	# shellcheck disable=SC2154 # by eval
	assert_eq "$mode $1: ... by both endpoints together" \
		$(($(accepted a) + $(accepted b) - had_a - had_b)) 200
	assert_ge "$mode $1: ... each" $(($(accepted a) - had_a)) 50
	assert_ge "$mode $1: ... of them" $(($(accepted b) - had_b)) 50
	# shellcheck disable=SC2154 # by eval
	assert_eq "$mode $1: ... and by itself" \
		$(($(accepted own) - had_own)) 200
}

attached() {
	start_handfast -i s0 -i s1 -m auto -x generic -o flood_hold_s=2 \
		-o drain_splice_s=0
	each "$1, calm"
	bg_fld flood "$TOOLS/flood" -i f0 -d "$SRV4_FLD" -p 443 \
		-m "$(mac_of srv s1)" -r 60000 -t 8 -c 1
	wait_for 5 phase_is flood
	opened=$(counter splice_opened)
	each "$1, under flood"
	assert_ge "$mode $1: ... by splices" \
		$(($(counter splice_opened) - opened)) 390
	stop flood
	check_identities
	hf detach --all --now
	stop handfastd
}

# many N: a table of so many rules, and a chain of it
many() {
	{
		echo "table ip many { chain c {"
		seq 1 "$1" | awk '{ printf "ip saddr 10.%d.%d.%d counter drop\n",
			200 + int($1 / 65536), int($1 / 256) % 256, $1 % 256 }'
		echo "} }"
	} >"$TMP/many"
	in_ns srv nft -f "$TMP/many"
}

# Nobody reads them, so that they cost nothing but what the kernel does with them.
changing() {
	mode="many rules:"
	start_handfast -i s0 -m auto -x generic -p 443
	many "$RULES"
	began=$(daemon_cpu) began_s=$(date +%s)
	for turn in 1 2 3 4 5 6 7 8; do
		in_ns srv nft "add rule ip many c ip saddr 10.250.0.$turn drop"
		load 443 100 1 "$RULES that change, turn $turn"
	done
	echo "the daemon's time: $(($(daemon_cpu) - began)) ticks of" \
		"$(($(date +%s) - began_s)) s (100 a second)"
	in_ns srv nft delete table ip many
	hf detach --all
	stop handfastd
}

net_up
net_flood_up
napi_on srv s1
behind_up a 0
behind_up b 1
serve_in a a -p 80 -b 4096
serve_in b b -p 80 -b 4096
serve own -p 443 -b 4096
for rules in nft iptables; do
	mode="plain kernel, $rules:"
	${rules}_rules || { echo "no $rules here"; continue; }
	each "calm"
	mode="$rules:"
	attached "orchestrator's chains"
	no_rules
done
changing
summary
