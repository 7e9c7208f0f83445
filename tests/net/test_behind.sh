#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_behind.sh: services that have no socket on the protected host: a container
# port published by DNAT, with and without masquerade, a routed server, one that
# is bridged, and the host's own behind its bridge, with br_netfilter. Each is
# tried with the plain kernel first.
#
#   hf-PID-cli          hf-PID-srv                    hf-PID-box
#   +-------------+     +-----------------------+     +-------------+
#   | c0          |-----| s0            v0      |-----| b0          |
#   | 10.77.0.1   |     | 10.77.0.2   10.79.0.1 |     | 10.79.0.2   |
#   | fd77::1     |     | fd77::2       fd79::1 |     | fd79::2     |
#   |             |     |                       |     |             |
#   | c1          |-----| s2 ---- br0 ---- v1   |-----| b1          |
#   | 10.80.0.1   |     |       10.80.0.3       |     | 10.80.0.2   |
#   | fd80::1     |     |       fd80::3         |     | fd80::2     |
#   +-------------+     +-----------------------+     +-------------+
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

SLOW=${HF_SLOW:-1}
BOX4=10.79.0.2 BOX6=fd79::2 BRIDGED4=10.80.0.2 BRIDGED6=fd80::2

box_up() {
	behind_up box 0
	serve_in box web -p 80 -b 1024
	serve_in box echo -p 7 -e
}

bridge_up() {
	hf_link cli c1 srv s2 || exit 1
	hf_link srv v1 box b1 || exit 1
	ip -n "hf-$$-srv" link add br0 type bridge
	hf_end srv br0
	ip -n "hf-$$-srv" link set s2 master br0
	ip -n "hf-$$-srv" link set v1 master br0
	hf_addr srv br0 10.80.0.3 fd80::3 || exit 1
	hf_addr cli c1 10.80.0.1 fd80::1 || exit 1
	hf_addr box b1 $BRIDGED4 $BRIDGED6 || exit 1
	sysctl_in srv net.bridge.bridge-nf-call-iptables 1
	sysctl_in srv net.bridge.bridge-nf-call-ip6tables 1
	hf_neigh_use cli c1 $BRIDGED4 $BRIDGED6 10.80.0.3 fd80::3
	hf_neigh_use box b1 10.80.0.1 fd80::1
	hf_neigh_use srv br0 10.80.0.1 fd80::1
	serve own -p 80
	serve proxy -p 8081
}

# publish POSTROUTING-RULE: port 8080 of the host is port 80 of the box; what
# conntrack does not know is not forwarded
publish() {
	in_ns srv nft flush ruleset
	in_ns srv nft -f - <<-END || fail "nft takes the rules"
	table inet publish {
		chain pre {
			type nat hook prerouting priority dstnat;
			tcp dport 8080 dnat ip to $BOX4:80
			tcp dport 8080 dnat ip6 to [$BOX6]:80
			tcp dport 7007 dnat ip to $BOX4:7
			tcp dport 8090 redirect to :80
			tcp dport 8081 dnat ip to $BOX4:80
			tcp dport 8081 dnat ip6 to [$BOX6]:80
		}
		chain post {
			type nat hook postrouting priority srcnat;
			$1
		}
		chain forward {
			type filter hook forward priority 0; policy drop;
			meta l4proto ipv6-icmp accept
			ct state established,related accept
			ct state invalid counter drop
			tcp flags & (fin|syn|rst|ack) == syn ct state new accept
		}
	}
	END
}

# connect NAME PORT ADDR...: 40 connections to each, asked and answered
connect() {
	what=$1
	port=$2
	shift 2
	for addr; do
		cli "$TOOLS/load" -d "$addr" -p "$port" -r 200 -t 0.2 -k 3000 \
			>"$TMP/load.out"
		assert_eq "$mode $what, $addr" \
			"$(cut -d' ' -f1,2 "$TMP/load.out")" "ok=40 failed=0"
	done
}

each_way() {
	publish ""
	connect "published by DNAT" 8080 "$SRV4" "$SRV6"
	publish masquerade
	connect "published by DNAT, masqueraded" 8080 "$SRV4" "$SRV6"
	connect "published beside a proxy that listens" 8081 "$SRV4" "$SRV6"
	connect "redirected to another port" 8090 "$SRV4" "$SRV6"
	connect "routed" 80 $BOX4 $BOX6
	connect "bridged" 80 $BRIDGED4 $BRIDGED6
	connect "its own behind its bridge" 80 10.80.0.3 fd80::3
}

# A server behind that refuses timestamps, after they were promised for it.
no_timestamps() {
	proxied=$(nstat_srv TcpPassiveOpens)
	sysctl_in box net.ipv4.tcp_timestamps 0
	cli "$TOOLS/load" -d $BOX4 -p 80 -r 20 -t 0.2 -k 3000 >"$TMP/load.out"
	assert_le "$mode timestamps refused: at most those on their way fail" \
		"$(sed 's/.*failed=\([0-9]*\).*/\1/' "$TMP/load.out")" 2
	assert_ge "$mode ... by RST to both sides" \
		"$(counter splice_no_timestamps)" 1
	connect "timestamps refused: the next ones" 80 $BOX4
	cli "$TOOLS/load" -d "$SRV4" -p 8081 -r 20 -t 0.2 -k 3000 >/dev/null
	connect "... and behind the proxy's port" 8081 "$SRV4"
	assert_eq "$mode ... where the proxy has none of them" \
		"$(nstat_srv TcpPassiveOpens)" "$proxied"
	sysctl_in box net.ipv4.tcp_timestamps 1
}

# entries: how many connections conntrack holds
entries() {
	in_ns srv cat /proc/sys/net/netfilter/nf_conntrack_count
}

flood() {
	calm=$(entries)
	# from addresses of no network behind this host: of those some pass
	bg_fld flood "$TOOLS/flood" -i f0 -d "$SRV4_FLD" -p 8080 \
		-m "$(mac_of srv s1)" -r $((300000 / SLOW)) -t 4 -c 1 \
		-s 10.128.0.0/9
	sleep 0.5
	before=$(entries)
	cli "$TOOLS/load" -d "$SRV4" -p 8080 -r 200 -t 2 -k 3000 >"$TMP/load.out"
	grown=$(($(entries) - before))
	join flood
	cat "$TMP/flood.out" "$TMP/load.out"
}

under_flood() {
	publish masquerade
	syns=$(counter syn_seen)
	flood
	assert_ge "$mode it was a flood" $(($(counter syn_seen) - syns)) \
		$((400000 / SLOW))
	assert_eq "$mode under flood every real client is answered" \
		"$(field ok load)" 400
	assert_le "$mode ... and conntrack holds hardly more than them" \
		"$grown" 420
}

# connections IDLE BUSY: of a container, by the published port
connections() {
	bg_cli echoes "$TOOLS/echoes" -d "$SRV4" -p 7007 -i "$1" -b "$2"
	wait_for 10 grep -q connected "$TMP/echoes.out"
}

# floods SECONDS: SYNs and bare ACKs to that port
floods() {
	for kind in "" --ack; do
		# shellcheck disable=SC2086 # none or one
		bg_fld "flood$kind" "$TOOLS/flood" -i f0 -d "$SRV4_FLD" \
			-p 7007 -m "$(mac_of srv s1)" -t "$1" \
			-r $((60000 / SLOW)) $kind
	done
	wait_for 5 phase_is flood
}

# end_connections: how many were open and well to the end
end_connections() {
	stop echoes
	cat "$TMP/echoes.out"
	ok=$(field ok echoes)
}

# What handfast did not see begin goes on under flood, and what is nobody's does
# not get through it.
opened_before() {
	start_behind
	floods 3
	join flood
	join flood--ack
	end_connections
	assert_eq "$mode opened before the attach, under flood: none lost" \
		"$ok" $((480 / SLOW + 20 / SLOW))
}

# A generation of marks later: what the server said since counts. Of a slow
# machine the generations are longer, or its idle connections would be too old.
opened_while_off() {
	idle="behind_idle_s = $((6 + 2 * SLOW))"
	conf "[handfast]" "mode = off" "$idle"
	hf reload >/dev/null
	connections 40 4
	conf "[handfast]" "mode = always" "$idle"
	hf reload >/dev/null
	assert_ge "$mode while calm what nobody knows passes" \
		"$(counter reject_passed)" 1
	floods $((12 + 8 * SLOW))
	before=$(counter reject_dropped)
	wait_for 12 stranger_dropped
	assert_eq "$mode ... and under flood it is dropped" $? 0
	end_connections
	assert_eq "$mode opened while off, under flood: none lost" "$ok" 44
	stop flood
	stop flood--ack
}

stranger_dropped() {
	[ "$(counter reject_dropped)" -gt "$((before + 1000))" ]
}

# A socket that listens for a moment, and the daemon does not look meanwhile, is no
# published port, though it answers.
open_for_a_moment() {
	kill -STOP "$(cat "$TMP/handfastd.pid")"
	serve brief -p 91
	connect "open for a moment" 91 "$SRV4"
	stop brief
	assert_eq "$mode open for a moment: nothing is found" "$(bpftool -j \
		map dump pinned /sys/fs/bpf/handfast/"$HF_NAME"/v*/found |
		jq "[.[] | select(.formatted.key.port == $((91 << 8)))] |
			length")" 0
	kill -CONT "$(cat "$TMP/handfastd.pid")"
}

# redirected_answered: one more connection, and was any answered by handfast?
redirected_answered() {
	cli "$TOOLS/load" -d "$SRV4" -p 8090 -r 5 -t 0.2 -k 3000 >/dev/null
	hf_quiet services --json | jq -e --arg a "$SRV4:8090" 'any(.services[];
		.service == $a and .syn_answered > 0)' >/dev/null
}

# What is redirected leaves a socket, but not one of its own port. Whether that is
# found before the last connection above ended is the machine's speed.
redirected() {
	wait_for 10 redirected_answered
	assert_eq "$mode redirected to another port: found and answered" $? 0
}

# What is published here has its ports named, or is found as whatever answers.
start_behind() {
	published=8080,8081,7007
	[ "$xdp" = native ] && published=all
	conf "[handfast]" "mode = always"
	start_handfast -c "$TMP/conf" -i s0 -i s1 -i s2 -x "$xdp" \
		-p $published \
		-p "$BOX4:80,[$BOX6]:80,$BRIDGED4:80,[$BRIDGED6]:80" \
		-p "10.80.0.3:80,[fd80::3]:80" -o handoff=splice \
		-o drain_splice_s=1
}

net_up
net_flood_up
napi_on srv s1
box_up
bridge_up
mode="plain kernel:"
each_way
[ $# -gt 0 ] || set -- generic native
for mode; do
	xdp=$mode
	[ "$mode" = native ] && native_peers c0 c1 f0
	publish masquerade
	connections $((480 / SLOW)) $((20 / SLOW))
	opened_before
	each_way
	assert_eq "$mode what was proved was spliced" \
		"$(counter splice_opened)" "$(counter ack_accepted)"
	assert_ge "$mode nearly every connection was" \
		"$(counter splice_opened)" 370
	assert_le "$mode a SYN passes now and then to see the answer" \
		"$(counter syn_pass_learn)" 20
	assert_ge "$mode ... the first of each is such a one" \
		"$(counter syn_pass_no_listener)" 1
	if [ "$published" = all ]; then
		redirected
		open_for_a_moment
	fi
	under_flood
	no_timestamps
	opened_while_off
	check_identities
	hf detach --all
	stop handfastd
done
# Last: conntrack keeps what this leaves for a minute.
mode="plain kernel:"
publish masquerade
flood
assert_ge "$mode under flood conntrack holds what nobody proved" \
	$(($(entries) - calm)) 10000
summary
