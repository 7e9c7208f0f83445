#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_kernel_cookie.sh: the handoff of kernels without the kfunc, by the kernel's
# own cookie, and tc by filters of a clsact qdisc.
#
# Topology: lib.sh. First what is special here, then tests of the usual handoff
# once more, with this one.
set -u
here=$(dirname "$0")
# shellcheck source=tests/net/lib.sh
. "$here/lib.sh"

SLOW=${HF_SLOW:-1}
KERNEL="-o handoff=kernel-cookie -o sysctl=set"

sysctls() {
	in_ns "$1" cat /proc/sys/net/ipv4/tcp_syncookies \
		/proc/sys/net/ipv4/tcp_timestamps | tr '\n' ' '
}

filters() {
	in_ns srv tc filter show dev s0 egress | grep -c hf_tc_out
}

qdiscs() {
	in_ns srv tc qdisc show dev s0 | grep -c clsact
}

# It says what to type, and touches nothing.
checked() {
	srv timeout $((10 * SLOW)) "$HANDFASTD" -n "$HF_NAME" -i s0 -m always \
		-o handoff=kernel-cookie 2>"$TMP/refused"
	assert_eq "sysctl = check: exit 1" $? 1
	assert_eq "sysctl = check: the exact line" \
		"$(grep '^try:' "$TMP/refused")" "try: sysctl -w \
net.ipv4.tcp_syncookies=2 net.ipv4.tcp_timestamps=2"
	assert_eq "sysctl = check: as it was" "$(sysctls srv)" "1 1 "
}

# Written here alone, and restored by whoever detaches.
written_and_restored() {
	start_handfast -i s0 -m always
	assert_eq "sysctl = set: written" "$(sysctls srv)" "2 2 "
	assert_eq "sysctl = set: in this namespace alone" "$(sysctls cli)" \
		"1 1 "
	assert_eq "status: the handoff" "$(hf_quiet status --json |
		jq -r .handoff)" kernel-cookie
	assert_ge "status: its limits in words" \
		"$(hf_quiet status | grep -c 'without timestamps')" 1
	end_daemon TERM
	assert_eq "SIGTERM: restored" "$(sysctls srv)" "1 1 "
	start_handfast -i s0 -m always
	end_daemon KILL
	assert_eq "killed: still written" "$(sysctls srv)" "2 2 "
	start_handfast -i s0 -m always
	end_daemon TERM
	assert_eq "killed, SIGTERM of the next: restored" "$(sysctls srv)" \
		"1 1 "
	start_handfast -i s0 -m always
	end_daemon KILL
	"$HANDFAST" -n "$HF_NAME" detach --all	# from another namespace
	assert_eq "killed, detach --all: restored" "$(sysctls srv)" "1 1 "
}

# A start that hangs is given up, and what it wrote is restored.
never_ready() {
	# shellcheck disable=SC2086 # several words
	bg_srv attach "$HANDFAST" -n "$HF_NAME" attach s0 -m always \
		-o max_flows=65536 $HF_OPTIONS
	until [ "$(sysctls srv)" = "2 2 " ] || is_gone \
		"$(cat "$TMP/attach.pid")"; do
		:
	done
	hold_down "$(starting)" &
	assert_eq "not ready: it hangs" "$(hf_quiet status >/dev/null 2>&1 &&
		echo armed)" ""
	join attach
	assert_eq "not ready: attach: exit 1" $? 1
	assert_eq "not ready: attach says so" "$(cat "$TMP/attach.out")" \
		"handfast: handfastd: not ready after 30 s"
	assert_eq "not ready: restored" "$(sysctls srv)" "1 1 "
	[ -e "/sys/fs/bpf/handfast/$HF_NAME" ]
	assert_eq "not ready: no pin is left" $? 1
}

# the process of a daemon that attach has started
starting() {
	pgrep -f "^handfastd -n $HF_NAME "
}

# hold_down PID: it stays stopped, whoever lets it go on, until it is killed
hold_down() {
	while kill -STOP "$1" 2>/dev/null; do
		sleep 0.02
	done
}

# What somebody else changed meanwhile is his.
changed_by_another() {
	sysctl_in srv net.ipv4.tcp_syncookies 0
	start_handfast -i s0 -m always
	sysctl_in srv net.ipv4.tcp_syncookies 1
	end_daemon TERM
	assert_eq "changed by another: his stays, ours is restored" \
		"$(sysctls srv)" "1 1 "
}

# A namespace that is gone took all with it; its number comes again.
namespace_gone() {
	hf_ns_add old
	in_ns old ip link add o0 type veth peer name o1
	in_ns old ip link set o0 up
	sysctl_in old net.ipv4.tcp_syncookies 0
	# shellcheck disable=SC2086 # several words
	hf_bg old handfastd "$HANDFASTD" -n "$HF_NAME" -o max_flows=65536 \
		$HF_OPTIONS -o tc=clsact -i o0 -m always
	wait_for 15 "$HANDFAST" -n "$HF_NAME" status
	end_daemon KILL
	ip netns del "hf-$$-old"
	ip netns add "hf-$$-old"
	"$HANDFAST" -n "$HF_NAME" detach --all
	assert_eq "namespace gone: detach --all" $? 0
	assert_eq "namespace gone: its successor is left alone" \
		"$(sysctls old)" "1 1 "
}

# The hooks of the handoff before do not stay.
other_handoff_before() {
	HF_OPTIONS=""
	start_handfast -i s0 -m always
	assert_eq "reqsk: tc at ingress" "$(tc_in)" 1
	end_daemon USR2
	HF_OPTIONS="$KERNEL -o half_open_syn_rate=0"
	start_handfast -i s0 -m always
	assert_eq "kernel-cookie after reqsk: no tc at ingress" "$(tc_in)" 0
	cli "$TOOLS/load" -d $SRV4 -p 80 -r 50 -t 1 >/dev/null
	assert_eq "kernel-cookie after reqsk: all connect" $? 0
	assert_eq "kernel-cookie after reqsk: nothing was refused" \
		"$(counter admit_refused) $(counter brake_tripped)" "0 0"
	end_daemon TERM
	HF_OPTIONS=$KERNEL
}

tc_in() {
	find /sys/fs/bpf/handfast/"$HF_NAME"/v[0-9]* -name 'tcin_*' | wc -l
}

# Someone changes what the handoff needs.
broken_and_mended() {
	start_handfast -i s0 -m always
	sysctl_in srv net.ipv4.tcp_timestamps 1
	wait_for 3 why_has tcp_timestamps
	assert_eq "tcp_timestamps=1: disarmed, said so" $? 0
	connects "tcp_timestamps=1" 20 0
	sysctl_in srv net.ipv4.tcp_timestamps 2
	wait_for 3 hf_quiet status
	assert_eq "mended: armed" $? 0
}

# The kernel makes no cookie, and nobody watches: its SYNs pass.
no_cookie() {
	signal_daemon STOP
	sysctl_in srv net.ipv4.tcp_syncookies 0
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 1 >/dev/null
	assert_eq "no cookie, daemon stopped: all connect" $? 0
	sysctl_in srv net.ipv4.tcp_syncookies 2
	signal_daemon CONT
	wait_for 3 hf_quiet status
	assert_ge "no cookie, daemon stopped: counted" \
		"$(counter syn_pass_no_cookie)" 20
}

# connection NAME ADDR WANT: "ts sack ecn wscale" in force at both ends
connection() {
	recv=$(nstat_srv TcpExtSyncookiesRecv)
	bg_cli hold "$TOOLS/hold" -d "$2" -p 80 -s ping
	wait_for 3 grep -q ok "$TMP/hold.out" || fail "$1: connects"
	for ns in cli srv; do
		[ $ns = cli ] && port=dport || port=sport
		in_ns $ns ss -Htino state established "$port = :80" |
			tail -n 1 >"$TMP/ss.$ns"
		assert_eq "$1: in force at $ns" "$(in_force "$TMP/ss.$ns")" "$3"
	done
	assert_eq "$1: scales agree" "$(scales "$TMP/ss.srv")" \
		"$(scales "$TMP/ss.cli" | sed 's/\(.*\),\(.*\)/\2,\1/')"
	assert_eq "$1: the kernel took its cookie" \
		$(($(nstat_srv TcpExtSyncookiesRecv) - recv)) 1
	assert_eq "$1: flows" "$(hf_quiet flows --json --state ESTABLISHED |
		jq -r '.flows[0] | "\(.handoff) \(.mss) \(.sack) \(.ecn)"')" \
		"kernel-cookie $4"
	stop hold
}

in_force() {
	for word in ts sack ecn wscale; do
		grep -qE " $word( |:|\$)" "$1" && printf '%s ' "$word"
	done
}

scales() {
	sed -n 's/.* wscale:\([^ ]*\).*/\1/p' "$1"
}

options() {
	for addr in $SRV4 $SRV6; do
		# the tables of net/ipv4 and net/ipv6/syncookies.c
		[ "$addr" = $SRV4 ] && mss=1460 || mss=1440
		connection "$addr" "$addr" "ts sack wscale " "$mss true false"
		sysctl_in cli net.ipv4.tcp_ecn 1
		connection "$addr, ECN" "$addr" "ts sack ecn wscale " \
			"$mss true true"
		sysctl_in cli net.ipv4.tcp_ecn 2
		sysctl_in cli net.ipv4.tcp_timestamps 0
		connection "$addr, no timestamps" "$addr" "" \
			"$mss false false"
		sysctl_in cli net.ipv4.tcp_timestamps 1
	done
}

# The kernel, which remembers nothing, would take its cookie once more.
replayed() {
	before=$(counter ack_replayed)
	recv=$(nstat_srv TcpExtSyncookiesRecv)
	talk 10.77.0.50 $SRV4 <<-END
	$(used_up)
	send $REPLAY
	expect none timeout=300
	END
	assert_eq "S27 replayed: silence" $? 0
	assert_eq "S27 replayed: counted" $(($(counter ack_replayed) - before)) 1
	assert_eq "S27 replayed: the kernel took its cookie once" \
		$(($(nstat_srv TcpExtSyncookiesRecv) - recv)) 1
}

# visit ISN: a whole connection without timestamps, whose SYN nobody remembers
visit() {
	talk 10.77.0.51 $SRV4 <<-END
	set iss=$1
	send S sport=40000 mss=1460 sack ws=7
	expect SA
	send PA data=ping\n
	expect PA skip ack=iss+6
	send FA
	expect FA skip ack=iss+7
	send A
	END
}

# Another host behind one address may begin lower than the one before it.
lower_isn() {
	HF_OPTIONS="$KERNEL -o half_open_syn_rate=0"
	start_handfast -i s0 -m always
	visit 500000
	visit 1000
	assert_eq "a lower ISN on the tuple of the connection before" $? 0
	end_daemon TERM
}

# 300 real connections a second beside 100000 SYN/s
flood() {
	bg_fld flood "$TOOLS/flood" -i f0 -d $SRV4_FLD -p 80 \
		-m "$(mac_of srv s1)" -r $((100000 / SLOW)) -t 5
	cli "$TOOLS/load" -d $SRV4 -p 80 -r $((300 / SLOW)) -t 4 \
		>"$TMP/load.out"
	assert_eq "flood: all connect: $(cat "$TMP/load.out")" $? 0
	join flood
	assert_ge "flood: answered" "$(counter syn_answered)" \
		$((200000 / SLOW))
	assert_eq "flood: no half-open socket" \
		"$(in_ns srv ss -Ht state syn-recv | wc -l)" 0
	check_identities
}

# Filters where tcx is missing or not wanted
clsact() {
	HF_OPTIONS="$KERNEL -o tc=clsact"
	start_handfast -i s0 -m always
	assert_eq "clsact: a filter" "$(filters) $(qdiscs)" "1 1"
	connection "clsact" $SRV4 "ts sack wscale " "1460 true false"
	end_daemon KILL
	start_handfast -i s0 -m always
	assert_eq "clsact: taken over, not doubled" "$(filters) $(qdiscs)" "1 1"
	end_daemon TERM
	assert_eq "clsact: nothing is left" "$(filters) $(qdiscs)" "0 0"
	start_handfast -i s0 -m always
	end_daemon KILL
	"$HANDFAST" -n "$HF_NAME" detach --all
	assert_eq "clsact, killed: detach --all leaves nothing" \
		"$(filters) $(qdiscs)" "0 0"
	in_ns srv tc qdisc add dev s0 clsact
	start_handfast -i s0 -m always
	end_daemon TERM
	assert_eq "clsact of somebody else stays" "$(filters) $(qdiscs)" "0 1"
	in_ns srv tc qdisc del dev s0 clsact
}

clsact_reqsk() {
	HF_OPTIONS="-o tc=clsact"
	start_handfast -i s0 -m always
	assert_eq "clsact with reqsk: both directions" "$(filters) $(in_ns srv \
		tc filter show dev s0 ingress | grep -c hf_tc_in)" "1 1"
	cli "$TOOLS/load" -d $SRV4 -p 80 -r 50 -t 1 >/dev/null
	assert_eq "clsact with reqsk: all connect" $? 0
	assert_ge "clsact with reqsk: assigned" "$(counter admit_assigned)" 50
	end_daemon TERM
	assert_eq "clsact with reqsk: nothing is left" "$(filters) $(qdiscs)" \
		"0 0"
}

net_up
net_flood_up
SRV_MAC=$(mac_of srv s0)
napi_on srv s1
serve web -p 80 -b 1024
HF_OPTIONS=$KERNEL
checked
written_and_restored
never_ready
changed_by_another
namespace_gone
[ "$HF_HANDOFF" = kernel-cookie ] || other_handoff_before
broken_and_mended
no_cookie
options
replayed
hf attach s1 >/dev/null
flood
end_daemon TERM
lower_isn
clsact
if [ "$HF_HANDOFF" = kernel-cookie ]; then
	echo "note: no other handoff in this kernel, its cases are left out"
else
	clsact_reqsk
fi
again "$KERNEL" third_ack
again "$KERNEL -o tc=clsact" untouched
summary
