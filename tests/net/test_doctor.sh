#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_doctor.sh: each check of `handfast doctor` that can be provoked in a
# namespace is, and a healthy machine passes all.
#
# Topology: lib.sh, s0 is what is looked at. Not to be had here: VLAN devices
# (no 8021q), bonds, TCP-AO, iptables-legacy, LRO, drivers short of TX queues,
# kernels without BTF or the kfunc.
# Packages: bpftool, nftables, setpriv (util-linux).
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

FOREIGN=/sys/fs/bpf/$HF_NAME-foreign

# examine ARG...: leaves status and $TMP/json
examine() {
	hf_quiet doctor --json "$@" >"$TMP/json" 2>"$TMP/stderr"
	status=$?
}

# of ID FIELD: of the checks with this id, one a line
of() {
	jq -r ".checks[] | select(.id == \"$1\") | .$2" "$TMP/json"
}

# finds NAME ID LEVEL TEXT [CURE]: in $TMP/json
finds() {
	assert_eq "$1: level" "$(of "$2" level)" "$3"
	case $(of "$2" what) in
	*"$4"*) pass "$1: what" ;;
	*) fail "$1: what: '$(of "$2" what)' has no '$4'" ;;
	esac
	[ $# -lt 5 ] || assert_eq "$1: cure" "$(of "$2" cure)" "$5"
	want=0
	[ "$(jq '[.checks[] | select(.level == "fail")] | length' \
		"$TMP/json")" -eq 0 ] || want=1
	assert_eq "$1: exit status" "$status" $want
	assert_eq "$1: silent" "$(cat "$TMP/stderr")" ""
}

# --- a machine that is well -----------------------------------------------

shape() {
	assert_eq "$1: one object, members in place" "$(jq -sr 'length == 1 and
		(.[0] | keys == ["checks", "daemon", "name", "ok"] and
		(.ok | type) == "boolean" and (.checks | length) > 10 and
		all(.checks[]; keys == ["cure", "id", "level", "what"] and
			(.id | test("^[a-z0-9_]+$")) and
			(.level | IN("ok", "warn", "fail")) and
			(.what | type == "string" and length > 0) and
			(.cure | type | IN("string", "null"))))' \
		"$TMP/json")" true
	assert_eq "$1: name and daemon" \
		"$(jq -r '"\(.name) \(.daemon)"' "$TMP/json")" "$HF_NAME $2"
}

footprint() {
	in_ns srv bpftool -j net | jq -c '.[0].xdp, .[0].tc'
	in_ns srv tc qdisc show dev s0
	in_ns srv cat /proc/sys/net/ipv4/tcp_syncookies
	in_ns srv nft list ruleset
	find /sys/fs/bpf/handfast /run/handfast -name "*$HF_NAME*" 2>/dev/null
}

healthy() {
	footprint >"$TMP/before"
	examine s0
	footprint | diff "$TMP/before" - >&2
	assert_eq "healthy: nothing is changed" $? 0
	assert_eq "healthy: exit status" "$status" 0
	assert_eq "healthy: ok" "$(jq .ok "$TMP/json")" true
	assert_eq "healthy: no fail, all but xdp_mode are ok" \
		"$(jq -r '.checks[] | select(.level != "ok") | .id' \
		"$TMP/json")" xdp_mode
	shape healthy dead
	finds "healthy: names the handoff" kernel ok ": $HF_HANDOFF handoff,"
	for id in root btf bpffs bpf_jit clock memory sysctl \
		tcp_timestamps tcp_sack tcp_window_scaling listeners tcp_md5 \
		handoff interface xdp_program tc_program
	do
		assert_eq "healthy: $id" "$(of "$id" level)" ok
	done
	finds "a listener" listeners ok "1 listening socket "
}

# A line a check, as many as in JSON; cures stand in it.
text() {
	sysctl_in srv net.ipv4.tcp_sack 0
	examine
	hf_quiet doctor >"$TMP/text"
	assert_eq "text: exit status" $? 0
	assert_eq "text: a line a check" "$(grep -cE '^(ok|warn|fail) +[^ ]' \
		"$TMP/text")" "$(jq '.checks | length' "$TMP/json")"
	assert_eq "text: nothing else" "$(grep -vcE '^(ok|warn|fail) +[^ ]' \
		"$TMP/text")" 0
	assert_eq "text: a cure" "$(grep -c \
		'^warn .*; try: sysctl -w net.ipv4.tcp_sack=1$' "$TMP/text")" 1
	sysctl_in srv net.ipv4.tcp_sack 1
}

bad_use() {
	hf_quiet doctor "$@" >"$TMP/stdout" 2>"$TMP/stderr"
	assert_eq "doctor $*: exit status" $? 2
	assert_eq "doctor $*: no output" "$(cat "$TMP/stdout")" ""
}

bad_uses() {
	bad_use an_interface_name
	bad_use ''
	bad_use -N
	bad_use -N ''
	bad_use --frob
}

# from outside, by every name of the namespace
netns() {
	for ns in "hf-$$-srv" "/run/netns/hf-$$-srv" \
		"$(cat "$TMP/web.pid")"; do
		"$HANDFAST" -n "$HF_NAME" doctor -j -N "$ns" s0 >"$TMP/json" \
			2>"$TMP/stderr"
		status=$?
		finds "-N $ns" interface ok "s0: Ethernet, driver veth"
	done
	examine --netns nosuch
	finds "-N nosuch" netns fail nosuch
	assert_eq "-N nosuch: the kernel is looked at" "$(of kernel level)" ok
}

# --- the namespace --------------------------------------------------------

sysctls() {
	sysctl_in srv net.ipv4.tcp_syncookies 0
	examine
	finds "tcp_syncookies=0, mode auto" sysctl fail \
		"net.ipv4.tcp_syncookies: is 0" \
		"sysctl -w net.ipv4.tcp_syncookies=1"
	start_handfast -i s0 -m always -o drain_s=0
	examine
	if [ "$HF_HANDOFF" = reqsk ]; then
		finds "tcp_syncookies=0" sysctl warn \
			"net.ipv4.tcp_syncookies: is 0" \
			"sysctl -w net.ipv4.tcp_syncookies=1"
	else
		finds "tcp_syncookies=0, which splice may have" sysctl ok \
			"net.ipv4.tcp_syncookies: is 0"
	fi
	hf detach --all
	stop handfastd
	sysctl_in srv net.ipv4.tcp_syncookies 1
	for name in tcp_timestamps tcp_sack tcp_window_scaling; do
		sysctl_in srv net.ipv4.$name 0
		examine
		finds "$name=0" $name warn "net.ipv4.$name: is 0" \
			"sysctl -w net.ipv4.$name=1"
		sysctl_in srv net.ipv4.$name 1
	done
}

listeners() {
	serve mptcp -M -p 8085
	serve local -4 -a 127.0.0.1 -p 8086
	examine
	finds "MPTCP listener" mptcp ok "[::]:8085"
	finds "a listener on loopback" listeners ok "2 listening sockets "
	stop local
	stop mptcp
	examine
	assert_eq "no MPTCP listener: no word" "$(of mptcp what)" ""
}

# --- netfilter ------------------------------------------------------------

NOT_SYN='tcp flags & (fin | syn | rst | ack) != syn'

# It is not for a guess about rules: whatever they are, they see each SYN.
rules_of_no_concern() {
	in_ns srv nft -f - <<-END
	table inet hft {
		chain in {
			type filter hook input priority 0;
			$NOT_SYN ct state new drop
		}
	}
	END
	examine
	finds "$NOT_SYN ct state new drop" handoff ok "ordinary handshake"
	start_handfast -i s0 -m always -o drain_s=0 -o drain_splice_s=0
	before=$(counter ack_accepted)
	cli timeout 5 "$TOOLS/load" -d "$SRV4" -p 80 -r 10 -t 0.3 >/dev/null
	assert_eq "a rule that wants to see the SYN: clients connect" $? 0
	assert_ge "a rule that wants to see the SYN: by cookies" \
		$(($(counter ack_accepted) - before)) 3
	stop handfastd
	in_ns srv nft delete table inet hft
}

# --- interfaces -----------------------------------------------------------

kinds() {
	in_ns srv ip tuntap add mode tun tun9
	in_ns srv ip tuntap add mode tap tap9
	in_ns srv ip link add br9 type bridge
	in_ns srv ip link set tap9 master br9
	for name in lo tun9; do
		examine $name
		finds $name interface fail "$name: not an Ethernet interface"
	done
	examine nope9
	finds nope9 interface fail "nope9: no such interface"
	examine br9
	finds "bridge, down" interface warn "is down" "ip link set br9 up"
	finds "bridge, generic" xdp_mode warn "generic"
	finds "bridge, its ports" lower warn "tap9"
	in_ns srv ip link set tap9 mtu 9000
	examine tap9
	finds "MTU" mtu warn "MTU 9000"
	examine s0 lo
	assert_eq "two interfaces" "$(of interface level)" "ok
fail"
	examine
	assert_eq "no interface is named: those that are up" \
		"$(of interface what | cut -d : -f 1)" s0
	in_ns srv ip link set s0 down
	examine
	finds "no interface is up" interface warn "no Ethernet interface is up"
	hf_end srv s0
	for name in tun9 tap9 br9; do
		in_ns srv ip link del $name
	done
}

veth() {
	examine s0
	finds "veth, peer without XDP" xdp_mode warn "s0: generic XDP: the veth \
peer has no XDP program" null
	native_peers c0
	examine s0
	finds "veth, peer with XDP" xdp_mode ok "s0: native XDP"
	in_ns srv ip link set s0 mtu 9000
	examine s0
	# before Linux 6.3 no driver can be asked
	if [ "$HF_HANDOFF" = splice ] && [ -n "$(of mtu level)" ]; then
		finds "veth, MTU" mtu warn "may take no frames of several"
	else
		assert_eq "veth takes frames of several buffers" \
			"$(of mtu level)" ""
	fi
	in_ns srv ip link set s0 mtu 1500
	in_ns cli ip link set c0 xdpdrv off
}

foreign_xdp() {
	bpftool prog load "$TOOLS/xdp_pass.bpf.o" "$FOREIGN" type xdp
	in_ns srv bpftool net attach xdpgeneric pinned "$FOREIGN" dev s0
	id=$(in_ns srv ip -j link show s0 | jq .[0].xdp.prog.id)
	examine s0
	finds "foreign XDP" xdp_program fail \
		"s0: another XDP program is attached: id $id, pinned at" \
		"bpftool prog show id $id"
	finds "foreign XDP: who pinned it" xdp_program fail "$FOREIGN"
	rm "$FOREIGN"
	examine s0
	finds "foreign XDP, not pinned" xdp_program fail "id $id"
	dispatcher_pins add
	examine s0
	finds "a dispatcher" xdp_program fail "s0: another XDP program is \
attached: id $id, the dispatcher of libxdp with xdp_tx, xdp_pass" \
		"xdp-loader unload s0 --all"
	dispatcher_pins del
	in_ns srv bpftool net detach xdpgeneric dev s0
}

foreign_tc() {
	in_ns srv tc qdisc add dev s0 clsact
	examine s0
	finds "clsact without a filter" tc_program ok "no other"
	in_ns srv tc filter add dev s0 egress bpf direct-action \
		obj "$TOOLS/xdp_pass.bpf.o" sec xdp.frags
	examine s0
	finds "foreign filter at egress" tc_program ok "no other"
	in_ns srv tc filter add dev s0 ingress bpf direct-action \
		obj "$TOOLS/xdp_pass.bpf.o" sec xdp.frags
	examine s0
	finds "foreign filter" tc_program warn "tc programs of others" \
		"tc filter show dev s0 ingress"
	in_ns srv tc qdisc del dev s0 clsact
}

# --- attached, and without rights -----------------------------------------

# whatever way tc is attached, what is handfast's own is no foreign program
own() {
	start_handfast -i s0 -m always -o drain_s=0 -o tc="$1"
	examine s0
	finds "own XDP, tc=$1" xdp_program ok "handfast is attached"
	finds "own tc programs, tc=$1" tc_program ok "no other"
	shape "own, tc=$1" running
	in_ns srv "$HANDFAST" -n "${HF_NAME}x" doctor -j s0 >"$TMP/json" \
		2>"$TMP/stderr"
	status=$?
	finds "another instance, tc=$1" xdp_program fail "another XDP program" \
		"handfast -n $HF_NAME detach s0"
	stop handfastd
}

# Where the kernel has no tcx (before Linux 6.6) it cannot be asked for.
no_tcx() {
	# shellcheck disable=SC2086 # several words
	in_ns srv timeout 60 "$HANDFASTD" -n "$HF_NAME" -i s0 -m always \
		${HF_OPTIONS:-} -o tc=tcx 2>"$TMP/refused"
	assert_eq "tc=tcx, not in this kernel: exit 1" $? 1
	assert_eq "tc=tcx, not in this kernel: one line, a cure" \
		"$(cat "$TMP/refused")" "handfastd: s0: tc program: this \
kernel has no tcx
try: --set tc=auto"
}

no_root() {
	mkdir "$TMP/bin"
	cp "$HANDFAST" "$TMP/bin/handfast"
	chmod 711 "$TMP" "$TMP/bin"
	in_ns srv setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$TMP/bin/handfast" -n "$HF_NAME" doctor -j s0 \
		>"$TMP/json" 2>"$TMP/stderr"
	status=$?
	finds "not root" root fail "not root"
	finds "not root" tcp_md5 warn "cannot be read"
	finds "not root" tc_program warn "cannot be read"
	finds "not root" xdp_mode warn "cannot be read"
	finds "not root" kernel ok "kernel"
	finds "not root" sysctl ok "tcp_syncookies"
	finds "not root" interface ok "s0: Ethernet"
	assert_eq "not root: exit status" "$status" 1
	shape "not root" dead
}

for cmd in bpftool nft setpriv; do
	command -v $cmd >/dev/null || skip 77 test_doctor "no $cmd"
done
net_up
trap 'hf_status=$?; rm -f "$FOREIGN"; net_down; exit $hf_status' EXIT
serve web -p 80
healthy
text
bad_uses
netns
sysctls
listeners
rules_of_no_concern
kinds
veth
foreign_xdp
foreign_tc
if [ "$HF_HANDOFF" = reqsk ]; then
	own tcx
else
	no_tcx
	own auto
fi
own clsact
no_root
summary
