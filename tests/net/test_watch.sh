#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_watch.sh: an interface that goes and comes back, a daemon that hangs for
# too long, a listener with TCP-MD5 keys: SYNs pass where they must, it is said
# why, and what mends is armed again.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

orphaned() {
	signal_daemon STOP
	wait_for 6 why_has "silent too long"
	assert_eq "daemon hangs: status says so" $? 0
	connects "daemon hangs" 20 0
	assert_ge "daemon hangs: counted" "$(counter syn_pass_orphaned)" 20
	asked=$(asked_until)
	signal_daemon CONT
	wait_for 3 hf_quiet status
	assert_eq "daemon goes on: armed" $? 0
	wait_for 3 asked_since "$asked"
	assert_eq "daemon goes on: SYNs ask for what the kernel began" $? 0
	connects "daemon goes on" 20 20
}

md5_listener() {
	serve signed -4 -p 179 -5 10.77.0.99 || return
	wait_for 3 listening 179
	assert_eq "TCP-MD5 listener: said so" "$(hf_quiet services --json |
		jq -r '.services[] | select(.service == "*:179") | .why')" \
		"the listener has TCP-MD5 or TCP-AO keys"
	connects "TCP-MD5 listener, peer without a key" 20 0 179
	assert_ge "TCP-MD5 listener: counted" "$(counter syn_pass_md5_ao)" 20
	hf_quiet status >/dev/null
	assert_eq "TCP-MD5 listener: the others are armed" $? 0
	stop signed
}

# behind_its_back CMD: while the daemon is stopped
behind_its_back() {
	signal_daemon STOP
	"$@"
	signal_daemon CONT
	wait_for 3 hf_quiet status
}

# The listener goes between our SYN-ACK and the ACK: the client gets its RST.
listener_goes() {
	serve short -p 83
	wait_for 3 listening 83
	behind_its_back listener_gone
	assert_eq "listener gone: the client is told" "$told" 0
	assert_ge "listener gone: counted" "$(hf_quiet counters --json |
		jq '.counters | .admit_no_listener + .splice_refused')" 1
}

listener_gone() {
	told=R
	handoff_is reqsk || told=RA	# as the kernel refuses a SYN
	seg_hosts 91
	bg_cli seg "$TOOLS/seg" -i c0 -s 10.77.0.91 -d $SRV4 -p 83 \
		-m "$(mac_of srv s0)" "send S mss=1460" "expect SA" \
		"sleep 1500" "send A" "expect $told"
	wait_for 5 answered_83
	stop short
	join seg
	told=$?
}

answered_83() {
	[ "$(hf_quiet services --json | jq '.services[] |
		select(.service == "*:83").syn_answered')" -ge 1 ]
}

# An MPTCP listener takes the port over: the kernel refuses the handoff to it.
mptcp_takes_over() {
	serve plain -p 84
	wait_for 3 listening 84
	behind_its_back mptcp_listener
	if handoff_is reqsk; then
		assert_ge "MPTCP behind its back: refused" \
			"$(counter admit_refused)" 1
	fi
	wait_for 3 why_mptcp
	assert_eq "MPTCP listener: said so" $? 0
	connects "MPTCP listener" 20 0 84
	stop mptcp
}

mptcp_listener() {
	stop plain
	serve mptcp -p 84 -M
	in_ns cli "$TOOLS/load" -d $SRV4 -p 84 -r 1 -t 1 -k 500 >/dev/null 2>&1
}

why_mptcp() {
	hf_quiet services --json | jq -e '.services[] |
		select(.service == "*:84").why // "" |
		contains("MPTCP")' >/dev/null
}

net_up
serve web -p 80 -b 1024
start_handfast -i s0 -m always -o orphan_s=3
connects "at first" 20 20
gone_and_back
orphaned
md5_listener
listener_goes
mptcp_takes_over
check_identities
summary
