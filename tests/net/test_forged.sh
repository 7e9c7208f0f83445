#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_forged.sh: what proves nothing opens nothing (S2, S3, S8, S9, S10, S27,
# S38, S43). The server program's accept log is the judge.
#
# Topology: lib.sh. seg speaks from 10.77.0.50 and fd77::50, which nobody owns.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

accepts() {
	grep -c "^accept $from " "$TMP/web.log"
}

# opens NAME COUNT: that many connections since the last time
opens() {
	hf_quiet counters >/dev/null
	assert_eq "$1" $(($(accepts) - seen)) "$2"
	seen=$(accepts)
}

# refused NAME COUNTER < COMMANDS: opens nothing, and the counter says why
refused() {
	before=$(counter "$2")
	talk "$from" "$addr" || fail "$name $1: conversation"
	opens "$name $1: opens nothing" 0
	assert_ge "$name $1: counted as $2" "$(counter "$2")" $((before + 1))
}

# a good handshake with data, so that the log's silence means something
good() {
	talk "$from" "$addr" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA ack=iss+1 sumok=1
	send A $2
	send PA data=ping\n $2
	expect A skip ack=iss+6
	send R
	END
	wait_for 5 sh -c "[ \$(grep -c '^accept $from ' $TMP/web.log) -gt $seen ]"
	opens "$name good handshake opens one" 1
}

# forged TS-OF-SYN TS-OF-ACK
forged() {
	good "$1" "$2"
	refused "ACK out of the blue" ack_bad_mac <<-END
	send A seq=1000 ack=0x12345678 $3
	send PA seq=1001 ack=0x12345678 data=ping\n $3
	sleep 50
	END
	for off in +2 +0 +3 -1 +0x101 +0x10000; do
		refused "ack is off by one: iss$off" ack_bad_mac <<-END
		send S mss=1460 sack $1 ws=7
		expect SA
		send A ack=irs$off $2
		send PA ack=irs$off data=ping\n $2
		sleep 30
		END
	done
	for off in +0 +2; do
		refused "seq is off by one: iss$off" ack_bad_mac <<-END
		send S mss=1460 sack $1 ws=7
		expect SA
		send PA seq=iss$off data=ping\n $2
		sleep 30
		END
	done
	refused "another source port" ack_bad_mac <<-END
	send S mss=1460 sack $1 ws=7
	expect SA
	send PA sport=sport+1 data=ping\n $2
	sleep 30
	END
	refused "wrong checksum" reject_passed <<-END
	send S mss=1460 sack $1 ws=7
	expect SA
	send PA badsum data=ping\n $2
	send A badsum $2
	sleep 30
	END
	mutated "$1" "$2"
}

# every bit of what the cookie covers, one by one; at the end the right ACK
mutated() {
	accepted=$(counter ack_accepted)
	{
		echo "send S mss=1460 sack $1 ws=7"
		echo "expect SA"
		bit=1
		while [ $bit -le 2147483648 ]; do
			printf "%s\n" "send PA seq=iss+1 ack=irs+1+$bit data=ping\\n $2"
			printf "%s\n" "send PA seq=iss+1+$bit ack=irs+1 data=ping\\n $2"
			[ -n "$2" ] && printf "%s\n" \
				"send PA seq=iss+1 ack=irs+1 data=ping\\n $2+$bit"
			bit=$((bit * 2))
		done
		echo drain
		printf "%s\n" "send PA seq=iss+1 ack=irs+1 data=ping\\n $2"
		echo "expect PA skip ack=iss+6"
		echo "send R seq=iss+6"
	} >"$TMP/mutated"
	talk "$from" "$addr" <"$TMP/mutated"
	assert_eq "S2 S16: $name mutated bit by bit, then right: conversation" $? 0
	opens "$name mutated bit by bit, then right: opens one" 1
	assert_eq "$name mutated bit by bit: one cookie was accepted" \
		"$(counter ack_accepted)" $((accepted + 1))
}

with_timestamps() {
	forged ts=1000,0 ts=1001,rts ts=1001,0x778899
	refused "TSecr is off" ack_bad_mac <<-END
	send S mss=1460 sack ts=1000,0 ws=7
	expect SA
	send PA data=ping\n ts=1001,rts+1
	sleep 30
	END
	refused "without its timestamp, ack is off" ack_bad_mac <<-END
	send S mss=1460 sack ts=1000,0 ws=7
	expect SA
	send PA ack=irs+257 data=ping\n
	sleep 30
	END
}

# the same ACK again after the connection ended, and on a new tuple's life
replayed() {
	before=$(counter ack_replayed)
	talk "$from" "$addr" <<-END
	$(used_up)
	send $REPLAY
	sleep 2000
	send $REPLAY
	sleep 50
	END
	opens "$name replay: one connection, not two" 1
	assert_ge "$name replay: counted" "$(counter ack_replayed)" \
		$((before + 2))
}

# S8, S9, S10: duplicates of SYNs, old ones too
duplicates() {
	before=$(counter syn_answered)
	talk "$from" "$addr" <<-END
	set iss=90
	send S mss=1460 ts=1000,0
	expect SA ack=91
	set old=rseq
	send S mss=1460 ts=1000,0
	expect SA again ack=91
	set iss=100
	send S mss=1460 ts=1005,0
	expect SA ack=101
	assert rseq != old
	send R seq=91
	send PA data=ping\n ts=1006,rts
	expect PA skip ack=106
	send S seq=90 mss=1460 ts=1000,0
	expect A skip seq=rcv_nxt
	set snd_nxt=106
	send FA ts=1007,rts
	expect FA skip
	send A ts=1008,rts
	END
	assert_eq "$name old duplicate SYNs: conversation" $? 0
	opens "$name old duplicate SYNs: one connection" 1
	assert_eq "$name old duplicate SYNs: three were answered" \
		$(($(counter syn_answered) - before)) 3
}

# wait_expired NAME ADDR FROM SYN-OPTIONS ACK-OPTIONS: beside the other cases,
# from addresses of their own
wait_expired() {
	cat >"$TMP/$1.seg" <<-END
	send S mss=1460 ${4:-}
	expect SA
	sleep 66000
	drain
	send PA data=ping\n ${5:-}
	expect R
	END
	bg_cli "$1" sh -c "$TOOLS/seg -i c0 -s $3 -d $2 -m $SRV_MAC <$TMP/$1.seg"
}

start_expired() {
	wait_expired old4 "$SRV4" 10.77.0.60 ts=1000,0 ts=1001,rts
	wait_expired old6 "$SRV6" fd77::60 ts=1000,0 ts=1001,rts
	wait_expired old4_no_ts "$SRV4" 10.77.0.61
	wait_expired old6_no_ts "$SRV6" fd77::61
}

end_expired() {
	for one in old4 old6 old4_no_ts old6_no_ts; do
		join $one
		assert_eq "S23 expired: data gets a RST: $one" $? 0
	done
	assert_eq "S23 expired: opens nothing" \
		"$(grep -c '^accept \(10.77.0.6\|fd77::6\)' "$TMP/web.log")" 0
	assert_ge "expired: counted" "$(counter ack_expired)" 2
}

# S43: no handshake begins with these
nonsense() {
	before=$(counter syn_answered)
	for flags in SF SR FPU - F SFRPAU R FA; do
		talk "$from" "$addr" <<-END
		send $flags seq=1 ack=1
		sleep 20
		END
	done
	opens "$name odd flags open nothing" 0
	assert_eq "$name odd flags get no cookie" "$(counter syn_answered)" \
		"$before"
	talk "$from" "$addr" <<-END
	send S mss=1460 badsum
	expect none timeout=100
	END
	assert_eq "$name wrong checksum gets no answer" $? 0
}

no_flows() {
	[ "$(hf_quiet flows --json | jq .total)" -eq 0 ]
}

# A proof in a segment that only handfast takes for whole: on a veth a sum may
# cover the pseudo header alone, unless it came from a program.
ghost() {
	wait_for 10 no_flows
	talk "$from" "$addr" <<-END
	send S mss=1460
	expect SA
	send A partial
	END
	assert_eq "$name a ghost has a record" \
		"$(hf_quiet flows --json | jq .total)" 1
	wait_for 6 no_flows
	assert_eq "$name ... until the kernel is asked for its socket" $? 0
}

needs_reqsk test_forged
net_up
SRV_MAC=$(mac_of srv s0)
serve web -p 80 -l "$TMP/web.log"
start_handfast -i s0 -m always
# (an emulated machine would have it over before the cases beside it)
[ "${HF_SLOW:-1}" -gt 1 ] || start_expired
for addr in "$SRV4" "$SRV6"; do
	name="$addr"
	from=10.77.0.50
	[ "$addr" = "$SRV6" ] && from=fd77::50
	seen=0
	with_timestamps
	replayed
	duplicates
	nonsense
	ghost
	name="$addr without timestamps"
	forged '' '' ''
done
[ "${HF_SLOW:-1}" -gt 1 ] && start_expired
end_expired
sleep 0.1
assert_eq "no cookie of the kernel was asked" \
	"$(nstat_srv TcpExtSyncookiesRecv)" 0
check_identities
summary
