#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_states.sh: connections driven by raw segments into each of the eleven
# states (S4, S45 to S50, S63), left there, and looked at: with the daemon alive,
# with it killed, with its successor; and once with a ring so small that most
# events are lost.
#
# Topology: lib.sh. Clients are addresses that nobody owns, spoken for by seg;
# they stay where they are because nobody answers for them any more.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# rests CLIENT STATE < COMMANDS: driven there, `flows` agrees
rests() {
	talk "$1" $SRV4
	assert_eq "$2: driven there" $? 0
	wait_for 3 state_is "$1" "$2" &&
		pass "$2: flows says so"
}

OPTS='mss=1460 ws=7 sack'

drive() {
	# nobody answers for them: what the kernel repeats meets no RST
	seg_hosts 21 22 23 24 25 26 27 28 29
	rests 10.77.0.21 ESTABLISHED <<-END
	send S dport=82 $OPTS
	expect SA
	send A
	END
	rests 10.77.0.22 CLOSE_WAIT <<-END
	send S dport=82 $OPTS
	expect SA
	send A
	send FA
	expect A ack=iss+2
	END
	rests 10.77.0.23 LAST_ACK <<-END
	send S dport=80 $OPTS
	expect SA
	send A
	send FA
	expect FA skip ack=iss+2
	END
	rests 10.77.0.24 FIN_WAIT_1 <<-END
	send S dport=81 $OPTS
	expect SA
	send A
	expect FA
	END
	rests 10.77.0.25 FIN_WAIT_2 <<-END
	send S dport=81 $OPTS
	expect SA
	send A
	expect FA
	send A ack=irs+2
	END
	rests 10.77.0.26 CLOSING <<-END
	send S dport=81 $OPTS
	expect SA
	send A
	expect FA
	send FA ack=irs+1
	expect A skip ack=iss+2
	END
	rests 10.77.0.27 TIME_WAIT <<-END
	send S dport=81 $OPTS
	expect SA
	send A
	expect FA
	send A ack=irs+2
	send FA ack=irs+2
	expect A ack=iss+2
	END
	talk 10.77.0.28 $SRV4 <<-END
	send S dport=82 $OPTS
	expect SA
	END
	assert_eq "SYN_RECEIVED: driven there" $? 0
	bg_srv open curl -s --local-port 83 http://10.77.0.29:9/
	wait_for 3 state_is 10.77.0.29 SYN_SENT && pass "SYN_SENT: flows says so"
	assert_eq "SYN_SENT: the role" "$(hf_quiet flows --json | jq -r \
		'.flows[] | select(.state == "SYN_SENT").role')" active
}

WANT='CLOSED 0
CLOSE_WAIT 1
CLOSING 1
ESTABLISHED 1
FIN_WAIT_1 1
FIN_WAIT_2 1
LAST_ACK 1
LISTEN 3
SYN_RECEIVED 1
SYN_SENT 1
TIME_WAIT 1'

now_is_as_driven() {
	[ "$(hf_quiet states --json | jq -r '.states | to_entries[] |
		"\(.key) \(.value.now)"' | sort)" = "$WANT" ]
}

as_driven() {
	wait_for 5 now_is_as_driven || hf_quiet states
	assert_eq "$1: states are as driven" "$(hf_quiet states --json | jq -r \
		'.states | to_entries[] | "\(.key) \(.value.now)"' | sort)" \
		"$WANT"
	states_add_up
	assert_eq "$1: created - ended = sum of now" $? 0
}

# entered STATE
entered() {
	hf_quiet states --json | jq ".states.$1.entered"
}

taken() {
	hf_quiet states --transitions --json | jq ".transitions[] |
		select(.from == \"$1\" and .event == \"$2\").taken"
}

killed_and_back() {
	before=$(entered TIME_WAIT)
	end_daemon KILL
	as_driven "daemon dead"
	start_handfast -i s0 -m always -p 80-83 -o track_active=yes
	as_driven "daemon back"
	assert_eq "daemon back: says what it took over" \
		"$(grep -c 'taken over: .*1 CLOSING' "$TMP/handfastd.out")" 1
	assert_eq "daemon back: entered goes on" "$(entered TIME_WAIT)" "$before"
}

none_left() {
	[ "$(in_ns srv ss -Htan dst 10.77.0.0/24 | wc -l)" -eq 0 ]
}

# The next daemon would follow the connections that this one leaves.
end_handfast() {
	stop open
	stop handfastd
	in_ns srv ss -K -a dst 10.77.0.0/24 >/dev/null
	wait_for 5 none_left
}

net_up
SRV_MAC=$(mac_of srv s0)
serve web80 -p 80
serve web81 -p 81 -c
serve web82 -p 82 -k
start_handfast -i s0 -m always -p 80-83 -o track_active=yes
drive
as_driven "daemon alive"
for arrow in "LISTEN rcv_syn" "SYN_RECEIVED rcv_ack" "ESTABLISHED snd_fin" \
	"ESTABLISHED rcv_fin" "CLOSE_WAIT snd_fin" \
	"FIN_WAIT_1 rcv_ack_of_fin" "FIN_WAIT_1 rcv_fin" "FIN_WAIT_2 rcv_fin"; do
	# shellcheck disable=SC2086 # two words
	assert_ge "transition $arrow was taken" "$(taken $arrow)" 1
done
assert_eq "transitions: a RST in SYN_RECEIVED, by the role" \
	"$(hf_quiet states --transitions --json | jq -r '.transitions[] |
	select(.from == "SYN_RECEIVED" and .event == "rcv_rst") |
	"\(.to) \(.active_open.to)"')" "LISTEN CLOSED"
assert_eq "transitions: the same in text" "$(hf_quiet states --transitions |
	awk '/^SYN_RECEIVED +rcv_rst/ { print $3; getline; print $1, $2, $3 }' |
	tr '\n' ' ')" "LISTEN (active open) CLOSED "
assert_eq "S64: CLOSE_WAIT by its age, with its client" \
	"$(hf_quiet flows --json --state CLOSE_WAIT --age 0 --idle 0 |
	jq -r '.flows[] | .client | sub(":.*"; "")')" 10.77.0.22
assert_eq "S64: none is an hour old" "$(hf_quiet flows --json --state \
	CLOSE_WAIT --age 3600 | jq '.flows | length')" 0
killed_and_back
end_handfast

# the states come from the data plane: nobody needs to list sockets for them
printf '#!/bin/sh\nexec %s %s %s "$@"\n' "$TOOLS/deny_diag" "$TMP/deny" \
	"$HANDFASTD" >"$TMP/denied"
chmod +x "$TMP/denied"
HANDFASTD_ALLOWED=$HANDFASTD
HANDFASTD=$TMP/denied
start_handfast -i s0 -m always -p 80-83 -o track_active=yes
touch "$TMP/deny"
wait_for 3 grep -q 'cannot be followed' "$TMP/handfastd.out"
drive
as_driven "sock_diag denied"
end_handfast
HANDFASTD=$HANDFASTD_ALLOWED

# 4096 bytes hold some 60 events
start_handfast -i s0 -m always -p 80-83 -o track_active=yes \
	-o event_ring_bytes=4096
signal_daemon STOP
cli "$TOOLS/load" -d $SRV4 -p 80 -r 100 -t 2 >/dev/null
drive
end_daemon KILL
as_driven "small ring, daemon dead"
assert_ge "small ring: events were lost" \
	"$(variable phase events_lost)" 1
start_handfast -i s0 -m always -p 80-83 -o track_active=yes
as_driven "small ring, daemon back"
summary
