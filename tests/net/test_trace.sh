#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_trace.sh: `handfast trace` tells each verdict with its reason, with the
# daemon alive and dead, to one reader, and costs nothing afterwards.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

tracing_is() {
	[ "$(variable control trace)" -eq "$1" ]
}

says() {
	grep -q "$1" "$TMP/trace.out"
}

# one handshake, seen at both hooks
handshake() {
	bg_srv trace "$HANDFAST" -n "$HF_NAME" trace
	wait_for 3 tracing_is 1
	cli "$TOOLS/load" -d $SRV4 -p 80 -r 1 -t 1 >/dev/null
	wait_for 3 says ' s0 xdp answer 10.77.0.1:.* > 10.77.0.2:80 \[S\] .*: syn_answer_ts, ' &&
		pass "$1: the SYN's verdict"
	wait_for 3 says ' s0 xdp pass .* \[\.\] .*: ack_accepted, ' &&
		pass "$1: the ACK's verdict"
	handed=admit_assigned
	handoff_is reqsk || handed=splice_syn
	wait_for 3 says " s0 tc-in pass .*: $handed, " &&
		pass "$1: the handoff"
	wait_for 3 says ' s0 tc-out pass 10.77.0.2:80 > 10.77.0.1:.*: flow_out, ' &&
		pass "$1: the server's segment"
	hf_quiet trace --limit 1 2>"$TMP/second.out"
	assert_eq "$1: a second reader: exit 1" $? 1
	assert_eq "$1: a second reader: one line" \
		"$(grep -c 'another one runs' "$TMP/second.out")" 1
	stop trace
	assert_eq "$1: SIGTERM: exit 0" $? 0
	wait_for 3 tracing_is 0
}

# of two clients and two ports, and of all that is not dropped
filters() {
	bg_srv trace timeout 20 "$HANDFAST" -n "$HF_NAME" -j trace --service 80 \
		--client 10.77.0.61 --limit 3
	wait_for 3 tracing_is 1
	for client in 60 61; do
		for port in 81 80; do
			talk 10.77.0.$client $SRV4 <<-END
			send S dport=$port mss=1460
			expect SA
			send A
			send R
			END
		done
	done
	join trace
	assert_eq "--service --client: that connection alone" \
		"$(jq -r '"\(.client) \(.server)"' "$TMP/trace.out" |
		sed 's/:[0-9]* / /' | sort -u)" "10.77.0.61 10.77.0.2:80"
}

# under flood a SYN with a wrong sum is dropped, the others are answered
drops() {
	stop handfastd
	start_handfast -i s0 -m always -o flood_syn_rate=1
	bg_srv trace timeout 20 "$HANDFAST" -n "$HF_NAME" -j trace --drops \
		--limit 1
	wait_for 3 tracing_is 1
	for _ in 1 2 3 4 5; do
		echo "send S dport=80 mss=1460"
	done >"$TMP/syns"
	echo "send S dport=80 badsum" >>"$TMP/syns"
	talk 10.77.0.60 $SRV4 <"$TMP/syns"
	join trace
	assert_eq "--drops: the wrong sum alone" \
		"$(jq -r '"\(.verdict) \(.reason)"' "$TMP/trace.out")" \
		"drop syn_drop_bad_checksum"
}

# who reads may be in another namespace than the daemon
outside() {
	timeout 20 "$HANDFAST" -n "$HF_NAME" -j trace --limit 1 \
		>"$TMP/outside.out" &
	reader=$!
	wait_for 3 tracing_is 1
	cli "$TOOLS/load" -d $SRV4 -p 80 -r 5 -t 1 >/dev/null
	wait $reader
	assert_eq "from another namespace: the interface's name" \
		"$(jq -r .interface "$TMP/outside.out")" s0
}

# of an answered SYN both, of what passes one, each with its reason
frames() {
	bg_srv trace timeout 20 "$HANDFAST" -n "$HF_NAME" trace --service 80 \
		--client 10.77.0.60/31 --pcap "$TMP/frames.pcapng" --limit 2
	wait_for 3 tracing_is 1
	talk 10.77.0.61 $SRV4 <<-END
	send S dport=80 mss=1460
	expect SA
	send A
	send R
	END
	join trace
	assert_eq "--pcap: exit 0" $? 0
	assert_eq "--pcap: SYN, SYN-ACK and ACK, in their order" \
		"$(tcpdump -nr "$TMP/frames.pcapng" 2>/dev/null |
		sed 's/.*Flags \[\([^]]*\)\].*/\1/' | tr '\n' ' ')" "S S. . "
	assert_eq "--pcap: the SYN-ACK's checksum is right" \
		"$(tcpdump -vnr "$TMP/frames.pcapng" 2>/dev/null |
		grep -c 'Flags \[S\.\], cksum 0x[0-9a-f]* (correct)')" 1
	for reason in "answer: syn_answer" "pass: ack_accepted"; do
		assert_ge "--pcap: the comment, $reason" \
			"$(strings -n 8 "$TMP/frames.pcapng" |
			grep -c "handfast xdp, $reason")" 1
	done
	hf_quiet trace --pcap "$TMP/no/where" --limit 1 2>"$TMP/err"
	assert_eq "--pcap: a file that cannot be made: exit 1" $? 1
}

# one of ten: of a thousand some, and not all
sample() {
	bg_srv trace "$HANDFAST" -n "$HF_NAME" trace --sample 10 \
		--verdict answer
	wait_for 3 tracing_is 1
	cli "$TOOLS/load" -d $SRV4 -p 80 -r 500 -t 2 >/dev/null
	stop trace
	lines=$(wc -l <"$TMP/trace.out")
	assert_ge "--sample 10: some of 1000" "$lines" 20
	assert_le "--sample 10: not all" "$lines" 300
	assert_eq "--verdict answer: nothing else" \
		"$(grep -cv ' answer ' "$TMP/trace.out")" 0
}

# A reader that cannot say that it goes: the daemon does.
killed() {
	bg_srv trace "$HANDFAST" -n "$HF_NAME" trace --pcap "$TMP/killed"
	wait_for 3 tracing_is 1
	read -r pid <"$TMP/trace.pid"
	kill -KILL "$pid"
	wait_for 10 tracing_is 0
	assert_eq "a reader is killed: nobody traces" $? 0
	stop trace
}

net_up
seg_hosts 60 61
SRV_MAC=$(mac_of srv s0)
serve web81 -p 81
serve web -p 80
start_handfast -i s0 -m always
handshake "daemon alive"
bg_srv trace "$HANDFAST" -n "$HF_NAME" -j trace --reason ack_accepted --limit 2
wait_for 3 tracing_is 1
cli "$TOOLS/load" -d $SRV4 -p 80 -r 5 -t 1 >/dev/null
join trace
assert_eq "--limit: exit 0" $? 0
assert_eq "--json --reason --limit: two objects, that reason" \
	"$(jq -r '"\(.name) \(.daemon) \(.reason)"' "$TMP/trace.out" |
		tr '\n' ' ')" \
	"$HF_NAME running ack_accepted $HF_NAME running ack_accepted "
outside
filters
frames
sample
killed
drops
end_daemon KILL
handshake "daemon dead"
summary
