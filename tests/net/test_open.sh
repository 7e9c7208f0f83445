#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_open.sh: connections that the server's host opens itself, from protected
# ports (S4, S17): they pass untouched and untracked; with track_active their
# states are followed, through a simultaneous open too.
#
# Topology: lib.sh. seg answers for addresses that nobody owns.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# arrows FROM...: how often each "STATE:event" was taken
arrows() {
	hf_quiet states --transitions --json | jq -r '.transitions[] |
		select(.taken > 0) | "\(.from):\(.event) \(.taken)"' |
		grep -E '^(SYN_SENT|SYN_RECEIVED|CLOSED):' | sort | tr '\n' ' '
}

arrows_are() {
	[ "$(arrows)" = "$1" ]
}

syn_sent_to() {
	srv ss -Htn state syn-sent dst "$1" | grep -q .
}

# both send their SYN first: RFC 9293 3.5 figure 8
both_at_once() {
	bg_srv curl timeout 20 curl -s --local-port "$3" "http://$2:9/"
	wait_for 3 syn_sent_to "$2"
	talk "$2" $SRV4 <<-END
	send S sport=9 dport=$3 mss=1460 ws=7 sack ts=1000,0
	expect SA skip ack=iss+1
	send SA seq=iss ack=irs+1 mss=1460 ws=7 sack ts=1001,rts
	expect PA skip ack=iss+1
	send PA ts=1002,rts data=HTTP/1.0\s200\sOK\n\nboth\n
	send FA ts=1002,rts
	END
	assert_eq "$1: S17: SYN, SYN, SYN-ACK, SYN-ACK" $? 0
	join curl
	assert_eq "$1: S17: the program has its page" "$(cat "$TMP/curl.out")" \
		both
}

net_up
SRV_MAC=$(mac_of srv s0)
seg_hosts 71 72
start_handfast -i s0 -m always -p 80,83-84
both_at_once "untracked" 10.77.0.71 83
assert_eq "untracked: no record" "$(counter flow_created)" 0
assert_ge "untracked: left to the kernel" "$(counter pass_kernel)" 1
assert_eq "untracked: none answered by handfast" "$(counter syn_answered)" 0
check_identities
stop handfastd
start_handfast -i s0 -m always -p 80,83-84 -o track_active=yes
both_at_once "tracked" 10.77.0.72 84
WANT='CLOSED:snd_syn 1 SYN_RECEIVED:rcv_ack 1 SYN_SENT:rcv_syn 1 '
wait_for 3 arrows_are "$WANT"
assert_eq "tracked: S17: SYN_SENT, SYN_RECEIVED, ESTABLISHED" "$(arrows)" \
	"$WANT"
assert_eq "tracked: none answered by handfast" "$(counter syn_answered)" 0
check_identities
summary
