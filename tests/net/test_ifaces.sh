#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_ifaces.sh: what stands above, below and beside the attached interface, and
# what becomes of it: addresses on devices above it, two interfaces, a bridge and its
# port, frames that tc copies or sends a way round, MTU, down and up, another name,
# another namespace. Clients connect as they do to the plain kernel beside it.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

start() {
	start_handfast -m always -o "handoff=$handoff" "$@"
}

# connects_to NAME ADDR ANSWERED
connects_to() {
	connects "$handoff $1, $2" 20 "$3" 80 "$2"
}

# control NAME ADDR: the plain kernel
control() {
	cli "$TOOLS/load" -d "$2" -p "${3:-80}" -r 20 -t 1 >/dev/null
	assert_eq "plain kernel, $1: all connect" $? 0
}

# --- above it ---

# An address on a macvlan: its frames have a MAC of their own.
macvlan_up() {
	ip -n "hf-$$-srv" link add m0 link s0 type macvlan mode bridge
	ip -n "hf-$$-srv" link set m0 up
	ip -n "hf-$$-srv" addr add 10.77.0.7/32 dev m0
	sysctl_in srv net.ipv4.conf.all.arp_ignore 1
	ip -n "hf-$$-cli" neigh replace 10.77.0.7 dev c0 lladdr \
		"$(mac_of srv m0)"
}

# A tunnel: what comes by it is not seen below.
vxlan_up() {
	for end in cli:c0:1:2 srv:s0:2:1; do
		ns=${end%%:*}
		rest=${end#*:}
		dev=${rest%%:*}
		rest=${rest#*:}
		ip -n "hf-$$-$ns" link add x0 type vxlan id 7 dstport 4789 \
			remote "10.77.0.${rest#*:}" local "10.77.0.${rest%:*}" \
			dev "$dev"
		ip -n "hf-$$-$ns" link set x0 up
		ip -n "hf-$$-$ns" addr add "10.60.0.${rest%:*}/24" dev x0
	done
	wait_for 5 in_ns cli "$TOOLS/load" -d 10.60.0.2 -p 80 -r 1 -t 1
}

above() {
	start -i s0
	connects_to "macvlan above it" 10.77.0.7 20
	connects_to "vxlan above it, which is not attached" 10.60.0.2 0
	assert_eq "$handoff vxlan: doctor says where to attach" \
		"$(hf_quiet doctor s0 |
			grep -c 'x0: is a tunnel.*handfast attach x0')" 1
	hf attach x0 >/dev/null
	connects_to "vxlan, attached" 10.60.0.2 20
	hf detach x0 --now >/dev/null
	connects_to "vxlan, detached" 10.60.0.2 0
	check_identities
	end_daemon TERM
}

# --- beside it ---

two_interfaces() {
	start -i s0 -i s1
	connects_to "two interfaces, the first" "$SRV4" 20
	hf_answered=$(counter syn_answered)
	in_ns fld "$TOOLS/load" -d "$SRV4_FLD" -p 80 -r 20 -t 1 >/dev/null
	assert_eq "$handoff two interfaces, the second: all connect" $? 0
	assert_eq "$handoff two interfaces, the second: by cookies" \
		$(($(counter syn_answered) - hf_answered)) 20
	check_identities
	end_daemon TERM
}

# Somebody else's frames, copied by tc to an attached port, as switches that mirror
# do; and its own, sent a way round by an ifb, as shapers do.
mirrored() {
	ip -n "hf-$$-srv" link add a0 type veth peer name a1
	ip -n "hf-$$-srv" link set a0 up
	ip -n "hf-$$-srv" link set a1 up
	srv tc qdisc add dev s1 clsact
	srv tc filter add dev s1 ingress bpf bytecode "1,6 0 0 4294967295" \
		action mirred egress mirror dev a0
	start -i a1
	in_ns fld "$TOOLS/load" -d "$SRV4_FLD" -p 80 -r 20 -t 1 >/dev/null
	assert_eq "$handoff mirrored: all connect" $? 0
	assert_ge "$handoff mirrored: frames of another station" \
		"$(counter pass_other_station)" 60
	assert_eq "$handoff mirrored: nothing is answered" \
		"$(counter syn_answered)" 0
	srv tc qdisc del dev s1 clsact
	end_daemon TERM
	ip -n "hf-$$-srv" link del a0
}

ifb() {
	ip -n "hf-$$-srv" link add i0 type ifb
	ip -n "hf-$$-srv" link set i0 up
	srv tc qdisc add dev s0 clsact
	srv tc filter add dev s0 ingress bpf bytecode "1,6 0 0 4294967295" \
		action mirred egress redirect dev i0
	control "by an ifb" "$SRV4"
	start -i s0
	connects_to "by an ifb" "$SRV4" 20
	check_identities
	end_daemon TERM
	srv tc qdisc del dev s0 clsact
	ip -n "hf-$$-srv" link del i0
}

# --- below it ---

# A bridge and its port, attached in either order.
bridge_up() {
	ip -n "hf-$$-srv" link add br0 type bridge
	ip -n "hf-$$-srv" addr flush dev s0
	ip -n "hf-$$-srv" link set s0 master br0
	hf_end srv br0
	hf_addr srv br0 "$SRV4" "$SRV6"
	hf_neigh_use cli c0 "$SRV4"
}

# Both would work on each frame twice: one of them is attached.
bridge() {
	for order in "s0 br0" "br0 s0"; do
		start -i "${order% *}"
		hf attach "${order#* }" -m always >"$TMP/attach.out" 2>&1
		assert_eq "$handoff bridge and port, $order: refused" $? 1
		assert_eq "$handoff bridge and port, $order: with what helps" \
			"$(grep -c "try: handfast -n $HF_NAME detach ${order% *}" \
				"$TMP/attach.out")" 1
		connects_to "bridge and port, $order" "$SRV4" 20
		check_identities
		end_daemon TERM
	done
}

# A port is made while both are attached: the upper one gives way, and comes back.
becomes_port() {
	ip -n "hf-$$-srv" link set s0 nomaster
	start -i s0 -i br0
	ip -n "hf-$$-srv" link set s0 master br0
	wait_for 5 why_has "br0: stands on s0, which is attached"
	assert_eq "$handoff becomes a port: the bridge gives way" $? 0
	connects_to "becomes a port" "$SRV4" 20
	ip -n "hf-$$-srv" link set s0 nomaster
	wait_for 10 hf_quiet status
	assert_eq "$handoff is none any more: both are armed" $? 0
	check_identities
	end_daemon TERM
	ip -n "hf-$$-srv" link set s0 master br0
	hf_neigh_use cli c0 "$SRV4"
}

# --- what becomes of it ---

changes() {
	start -i s0
	for mtu in 1400 9000 1500; do
		ip -n "hf-$$-srv" link set s0 mtu $mtu
		connects_to "MTU $mtu" "$SRV4" 20
	done
	ip -n "hf-$$-srv" link set s0 down
	ip -n "hf-$$-srv" link set s0 up
	hf_neigh_use srv s0 "$CLI4"
	hf_neigh_use cli c0 "$SRV4"
	wait_for 5 answers
	connects_to "down and up" "$SRV4" 20
	renamed
	moved
	check_identities
	end_daemon TERM
}

iface_is() {
	[ "$(hf_quiet status --json | jq -r '.interfaces[0] |
		"\(.name) \(.armed)"')" = "$1" ]
}

# called FROM TO: within 3 s it goes on under that name
called() {
	ip -n "hf-$$-srv" link set "$1" down
	ip -n "hf-$$-srv" link set "$1" name "$2"
	ip -n "hf-$$-srv" link set "$2" up
	hf_neigh_use srv "$2" "$CLI4"
	wait_for 3 iface_is "$2 true"
	assert_eq "$handoff another name, $2: it goes on under it" $? 0
}

# While a client is connected, who goes on.
renamed() {
	bg_cli holds "$TOOLS/hold" -d "$SRV4" -p 80 -s ping
	wait_for 3 grep -q connected "$TMP/holds.out"
	called s0 other0
	wait_for 5 answers
	connects_to "another name" "$SRV4" 20
	called other0 s0
	kill -0 "$(cat "$TMP/holds.pid")"
	assert_eq "$handoff who was connected is" $? 0
	stop holds
}

moved() {
	ip -n "hf-$$-srv" link set s0 netns "hf-$$-fld"
	wait_for 3 why_has "no interface is attached"
	assert_eq "$handoff moved away: not armed, and said" $? 0
	wait_for 3 no_xdp fld s0
	assert_eq "$handoff moved away: no program goes with it" $? 0
	ip -n "hf-$$-fld" link set s0 netns "hf-$$-srv"
	hf_end srv s0
	hf_addr srv s0 "$SRV4" "$SRV6"
	hf_neigh_use cli c0 "$SRV4"
	hf_neigh_use srv s0 "$CLI4"
	wait_for 10 hf_quiet status
	assert_eq "$handoff back: armed" $? 0
	wait_for 5 answers
	connects_to "back" "$SRV4" 20
}

no_xdp() {
	! ip -n "hf-$$-$1" -d link show "$2" | grep -q prog/xdp
}

net_up
net_flood_up
serve web -p 80 -b 1024
macvlan_up
vxlan_up
control macvlan 10.77.0.7
control vxlan 10.60.0.2
for handoff in reqsk splice; do
	[ $handoff = reqsk ] && ! handoff_is reqsk && continue
	above
done
ip -n "hf-$$-srv" link del m0
ip -n "hf-$$-srv" link del x0
for handoff in reqsk splice; do
	[ $handoff = reqsk ] && ! handoff_is reqsk && continue
	two_interfaces
	mirrored
	ifb
	changes
done
bridge_up
control bridge "$SRV4"
handoff=auto
bridge
becomes_port
summary
