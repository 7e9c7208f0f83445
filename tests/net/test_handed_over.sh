#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_handed_over.sh: what the kernel does on a connection that was handed
# over to it is what it does on its own: PAWS, order, timestamps, retransmission,
# congestion control, half-close, old SYNs (S23, S28 to S30, S37, S39, S41, S47,
# S54, S61, S69).
#
# Topology: lib.sh. seg speaks from addresses that nobody owns.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

OPTS='mss=1460 ws=7 sack ts=1000,0'

segments() {
	case_is "S29 S30: PAWS: dropped, and acknowledged" 10.77.0.81 <<-END
	send S dport=80 $OPTS
	expect SA
	send A ts=1001,rts
	send PA seq=iss+1 data=old\n ts=900,rts
	expect A ack=iss+1 len=0
	expect none timeout=100
	send PA seq=iss+1 data=new\n ts=1002,rts
	expect PA skip ack=iss+5 data=ok\n
	send R
	END
	case_is "S37: out of order, then in order; a duplicate" 10.77.0.82 <<-END
	send S dport=80 $OPTS
	expect SA
	send A ts=1001,rts
	send PA seq=iss+3 data=c\n ts=1001,rts
	expect A ack=iss+1
	send PA seq=iss+1 data=ab ts=1002,rts
	expect PA skip ack=iss+5 data=ok\n
	send A seq=iss+5 ts=1003,rts
	send PA seq=iss+1 data=ab ts=1004,rts
	expect A ack=iss+5
	expect none timeout=100
	send R seq=iss+5
	END
	case_is "S28: TSval goes on from the SYN-ACK's" 10.77.0.83 <<-END
	send S dport=80 $OPTS
	expect SA
	set first=rts
	send A ts=1001,rts
	sleep 500
	send PA data=a\n ts=1500,rts
	expect PA skip data=ok\n ecr=1500
	assert rts-first >= 490
	assert rts-first <= 2000
	send R
	END
	case_is "S39: unacknowledged data is repeated" 10.77.0.84 <<-END
	send S dport=80 $OPTS
	expect SA
	send PA data=a\n ts=1001,rts
	expect PA skip data=ok\n
	set first=rseq
	expect PA again seq=first data=ok\n
	expect PA again seq=first data=ok\n
	send R
	END
	case_is "S2 S23: neither record nor socket: RST" 10.77.0.85 <<-END
	send PA dport=80 seq=7 ack=77 data=late\n
	expect R seq=77
	END
}

# the server has closed its side and still takes what the client sends
half_closed() {
	case_is "S47 S54: FIN_WAIT_2 receives and acknowledges" 10.77.0.86 <<-END
	send S dport=81 $OPTS
	expect SA
	send A ts=1001,rts
	expect FA
	send A ack=irs+2 ts=1001,rts
	sleep 200
	send PA ack=irs+2 data=more\n ts=1002,rts
	expect A ack=iss+6 seq=irs+2
	send PA ack=irs+2 data=more\n ts=1003,rts
	expect A ack=iss+11 seq=irs+2
	send FA ack=irs+2 ts=1004,rts
	expect A ack=iss+12 seq=irs+2
	END
	wait_for 3 grep -q "^close 10.77.0.86 .* bytes=10" "$TMP/half.out"
	assert_eq "S47 S54: the program read all of it" $? 0
	assert_eq "S47: through FIN_WAIT_2" "$(hf_quiet states --json |
		jq '.states.FIN_WAIT_2.entered')" 1
}

# an old SYN meets TIME_WAIT: acknowledged, no SYN-ACK, and TIME_WAIT goes on
old_syn() {
	case_is "S61: closed by the server" 10.77.0.87 <<-END
	send S sport=5187 dport=82 seq=5000000 $OPTS
	expect SA
	send A ts=1001,rts
	expect FA
	send FA ack=irs+2 ts=1001,rts
	expect A
	sleep 100
	send S seq=4000000 mss=1460 ws=7 sack ts=500,0
	expect A
	expect none timeout=300
	END
	assert_ge "S61: left to the kernel" "$(counter syn_pass_time_wait)" 1
	assert_eq "S61: it is TIME_WAIT still" "$(srv ss -Htn state time-wait \
		dst 10.77.0.87 | grep -c .)" 1
}

# words of `ss -tin` that the kernel decides, of the connection from PORT
kernel_words() {
	bg_cli hold "$TOOLS/hold" -d $SRV4 -p 80 -s once
	wait_for 5 grep -q ok "$TMP/hold.out"
	srv ss -Htin state established '( sport = :80 and dst 10.77.0.1 )' | grep -o \
		' \(bbr\|cubic\|reno\|dctcp\)\| cwnd:[0-9]*\| rto:[0-9]*' |
		tr -d '\n'
	stop hold
}

same_kernel() {
	offloaded=$(kernel_words)
	stop handfastd
	assert_eq "S39 S41 S44: algorithm, cwnd, rto as without handfast" \
		"$offloaded" "$(kernel_words)"
}

talks() {
	srv ss -Htn state established dst 10.77.0.88 | grep -q .
}

# a connection that the kernel made before handfast came goes on
from_before() {
	cat >"$TMP/seg" <<-END
	send S sport=5188 dport=80 $OPTS
	expect SA
	send A ts=1001,rts
	sleep $((4000 * (1 + (${HF_SLOW:-1} > 1) * 5)))
	send PA data=a\n ts=5001,rts
	expect PA skip data=ok\n
	send A ts=5002,rts
	expect none timeout=300
	send FA ts=5003,rts
	expect FA skip
	send A ack=irs+5 ts=5003,rts
	expect none timeout=300
	END
	bg_cli old sh -c "$TOOLS/seg -i c0 -s 10.77.0.88 -d $SRV4 -m $SRV_MAC <$TMP/seg"
	wait_for 3 talks
	start_handfast -i s0 -m always
	join old
	assert_eq "S69: from before the attachment: goes on, no RST" $? 0
	# perhaps beside what an earlier case left half-closed
	assert_ge "S69: followed" "$(counter flow_adopted)" 1
	wait_for 3 adopted_ended
	assert_eq "S69: and its end" $? 0
}

adopted_ended() {
	[ "$(counter flow_closed)" -ge 1 ]
}

needs_reqsk test_handed_over
net_up
SRV_MAC=$(mac_of srv s0)
seg_hosts 81 82 83 84 85 86 87 88
serve web -p 80
serve half -p 81 -s
serve first -p 82 -c
start_handfast -i s0 -m always
segments
half_closed
old_syn
check_identities
same_kernel
from_before
check_identities
summary
