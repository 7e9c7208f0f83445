#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_half_open.sh: SYN-ACKs that are repeated, and what a remembered SYN is
# good for (S9 to S11, S19 to S24). Mode always: the kernel's own queue of
# half-open connections stays empty throughout.
#
# Topology: lib.sh. seg speaks from addresses that nobody owns.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

half_open() {
	hf_quiet states --json | jq .states.SYN_RECEIVED.now
}

half_open_is() {
	[ "$(half_open)" -eq "$1" ]
}

# the SYN-ACKs to a client, as hex of the whole frame, one a line
frames() {
	tcpdump -r "$TMP/$1.pcap" -n -xx -t "dst host $2" 2>/dev/null |
		awk '/^\t/ { sub(/^[^:]*: */, ""); gsub(/ /, ""); line = line $0
			next } line { print line; line = "" }
			END { print line }'
}

repeated() {
	assert_eq "silent client: SYN-ACKs" "$(frames all 10.77.0.31 |
		grep -c .)" 6
	gaps_are "1 2 4 8 16" all dst host 10.77.0.31
	assert_eq "S19 S21: repeated after 1 2 4 8 16 s: $(gaps all \
		dst host 10.77.0.31 | tr '\n' ' ')" $? 0
	assert_eq "S19: all the same, byte for byte" "$(frames all 10.77.0.31 |
		sort -u | grep -c .)" 1
}

six_syn_acks() {
	[ "$(frames all 10.77.0.31 | grep -c .)" -ge 6 ]
}

OPTS='mss=1460 ws=7 sack ts=1000,0'

cases() {
	case_is "S24: third ACK lost, the server speaks first" 10.77.0.32 <<-END
	send S dport=81 $OPTS
	expect SA
	set first=rseq
	expect SA again seq=first
	send A ts=1001,rts
	expect PA data=hello\n
	send R
	END
	case_is "S10 S18: the SYN again: the same sequence number" 10.77.0.33 <<-END
	send S $OPTS
	expect SA
	set first=rseq
	set t=rts
	sleep 200
	send S mss=1460 ws=7 sack ts=1600,0
	expect SA again seq=first ts=t ecr=1600
	send A ts=1601,rts
	send PA data=x\n ts=1601,rts
	expect PA skip data=ok\n
	send R
	END
	case_is "the SYN again with less: a cookie of its own" 10.77.0.34 <<-END
	send S $OPTS
	expect SA
	set first=rseq
	send S mss=1460
	expect SA sack=0 ws=255 tsok=0
	assert rseq != first
	send PA data=x\n
	expect PA skip data=ok\n
	send R
	END
	case_is "S8: RST forgets it" 10.77.0.35 <<-END
	send S $OPTS
	expect SA
	send R seq=iss+1
	expect none timeout=1500 again
	END
	case_is "S9: a RST for an older SYN does not" 10.77.0.36 <<-END
	send S $OPTS
	expect SA
	send R seq=iss-9
	expect SA again
	send R seq=iss+1
	END
	case_is "S23: third ACK and first data lost: silence" 10.77.0.37 <<-END
	send S $OPTS
	expect SA
	send PA seq=iss+3 data=y\n ts=1001,rts
	expect none timeout=300
	send PA seq=iss+1 data=xx ts=1002,rts
	send PA seq=iss+3 data=y\n ts=1003,rts
	expect PA skip data=ok\n
	send R seq=iss+5
	END
	case_is "S2: a wrong ACK gets a RST while calm" 10.77.0.38 <<-END
	send S $OPTS
	expect SA
	send A ack=irs+2 ts=1001,rts
	expect R
	send R seq=iss+1
	END
	assert_eq "S23: counted" "$(counter half_open_silent)" 1
	assert_eq "S8 S9 S2: counted" "$(counter half_open_rst)" 3
	assert_ge "SYN-ACKs repeated are counted" \
		"$(counter syn_ack_repeated)" 3
}

# as soon as a SYN is remembered, the keys of its cookie are no more
rotate_twice() {
	wait_for 3 half_open_is 1
	hf_quiet keys rotate >/dev/null
	hf_quiet keys rotate >/dev/null
	: >"$TMP/rotated"
}

# S20: 1 + 2 + 4 s with two repetitions
given_up() {
	stop handfastd
	start_handfast -i s0 -m always -o tcp_synack_retries=2
	rotate_twice &
	case_is "its keys are gone: the record proves it" 10.77.0.41 <<-END
	send S $OPTS
	expect SA
	sleep 1500
	send PA seq=iss+1 data=a\\n ts=1001,rts
	expect PA skip data=ok\\n
	send R seq=iss+3
	END
	wait_for 3 test -e "$TMP/rotated"
	assert_ge "its keys are gone: counted" "$(counter half_open_proved)" 1
	capture few cli c0 'tcp[13] == 18'
	case_is "S20: tcp_synack_retries=2: two repetitions" 10.77.0.39 <<-END
	send S $OPTS
	expect SA
	expect SA again
	expect SA again
	END
	assert_eq "S20: still half open" "$(half_open)" 1
	wait_for 6 half_open_is 0
	assert_eq "S20: given up, back to LISTEN" \
		"$(hf_quiet states --transitions --json | jq '.transitions[] |
		select(.event == "give_up" and .taken > 0).to')" '"LISTEN"'
	gaps_are "1 2" few dst host 10.77.0.39
	assert_eq "S20: after 1 2 s: $(gaps few dst host 10.77.0.39 |
		tr '\n' ' ')" $? 0
	assert_eq "S20: no flow was made for it" "$(counter flow_created)" \
		"$(counter flow_closed)"
}

# the SYNs of a window that come first are remembered, then no map is written
under_flood() {
	before=$(counter half_open_made)
	napi_on cli c0
	napi_on srv s0
	cli "$TOOLS/flood" -i c0 -d $SRV4 -m "$SRV_MAC" -p 80 -r 100000 -t 2 \
		>"$TMP/flood.out" 2>&1
	assert_ge "flood: answered" "$(counter syn_answered)" \
		$((100000 / ${HF_SLOW:-1}))
	assert_le "flood: remembered" \
		$(($(counter half_open_made) - before)) 4000
	assert_eq "flood: the kernel holds none" \
		"$(srv ss -Htn state syn-recv | grep -c .)" 0
}

needs_reqsk test_half_open
net_up
SRV_MAC=$(mac_of srv s0)
seg_hosts 31 32 33 34 35 36 37 38 39 40
serve web -p 80
serve greet -p 81 -g
start_handfast -i s0 -m always
capture all cli c0 'tcp[13] == 18'
case_is "S4: half open" 10.77.0.31 <<-END
send S $OPTS
expect SA
END
wait_for 5 half_open_is 1
assert_eq "S4: SYN_RECEIVED says so" "$(half_open)" 1
assert_eq "S11: not in the kernel" "$(srv ss -Htn state syn-recv |
	grep -c .)" 0
case_is "S11: a SYN three times" 10.77.0.40 <<-END
send S $OPTS
expect SA
send S $OPTS
expect SA again
send S $OPTS
expect SA again
END
wait_for 5 half_open_is 2
assert_eq "S11: one more is half open" "$(half_open)" 2
cases
wait_for 40 six_syn_acks
repeated
check_identities
given_up
under_flood
summary
