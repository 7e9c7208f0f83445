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

# connects NAME PORT ANSWERED: 20 connections, so many answered by us
connects() {
	before=$(counter syn_answered)
	cli "$TOOLS/load" -d $SRV4 -p "$2" -r 20 -t 1 >/dev/null
	assert_eq "$1: all connect" $? 0
	assert_eq "$1: answered" $(($(counter syn_answered) - before)) "$3"
}

why_has() {
	hf_quiet status --json | jq -e --arg w "$1" '.armed == false and
		(.why // "" | contains($w))' >/dev/null
}

gone_and_back() {
	ip -n "hf-$$-srv" link del s0
	wait_for 3 why_has "no interface is attached"
	assert_eq "interface gone: said so" $? 0
	hf_link cli c0 srv s0
	hf_addr cli c0 $CLI4 $CLI6
	hf_addr srv s0 $SRV4 $SRV6
	hf_neigh_use cli c0 $SRV4
	hf_neigh_use srv s0 $CLI4
	wait_for 10 hf_quiet status
	assert_eq "interface back: armed" $? 0
	connects "interface back" 80 20
}

orphaned() {
	kill -STOP "$(cat "$TMP/handfastd.pid")"
	wait_for 6 why_has "silent too long"
	assert_eq "daemon hangs: status says so" $? 0
	connects "daemon hangs" 80 0
	assert_ge "daemon hangs: counted" "$(counter syn_pass_orphaned)" 20
	kill -CONT "$(cat "$TMP/handfastd.pid")"
	wait_for 3 hf_quiet status
	assert_eq "daemon goes on: armed" $? 0
	connects "daemon goes on" 80 20
}

md5_listener() {
	bg_srv signed "$TOOLS/srv" -4 -p 179 -5 10.77.0.99
	wait_for 5 grep -q ready "$TMP/signed.out" || return
	wait_for 3 listening 179
	assert_eq "TCP-MD5 listener: said so" "$(hf_quiet services --json |
		jq -r '.services[] | select(.service == "*:179") | .why')" \
		"the listener has TCP-MD5 or TCP-AO keys"
	connects "TCP-MD5 listener, peer without a key" 179 0
	assert_ge "TCP-MD5 listener: counted" "$(counter syn_pass_md5_ao)" 20
	hf_quiet status >/dev/null
	assert_eq "TCP-MD5 listener: the others are armed" $? 0
	stop signed
}

net_up
bg_srv web "$TOOLS/srv" -p 80 -b 1024
wait_for 5 grep -q ready "$TMP/web.out"
start_handfast -i s0 -m always -o orphan_s=3
connects "at first" 80 20
gone_and_back
orphaned
md5_listener
check_identities
summary
