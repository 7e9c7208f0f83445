#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_auto.sh: mode auto. While calm the kernel shakes hands and nothing is
# recorded; a flood is answered at once, the daemon alive or dead, and no
# connection is lost that was open or is being opened when it begins or ends, by
# either handoff. And mode monitor.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

FLOODS=${FLOODS:-3}
RATE=60000

# flood SECONDS [PORT]
flood() {
	bg_fld flood "$TOOLS/flood" -i f0 -d "$SRV4_FLD" -p "${2:-80}" \
		-m "$(mac_of srv s1)" -r $RATE -t "$1" -c 1
}

# load ADDR PORT RATE SECONDS NAME: so many connections a second, and none fails
load() {
	cli "$TOOLS/load" -d "$1" -p "$2" -r "$3" -t "$4" >"$TMP/load.out"
	assert_eq "$how $5" "$(field ok load) $(field failed load)" \
		"$(($3 * $4)) 0"
}

# open_before PORT: 54 connections, idle and busy; echoes_live: none was lost
open_before() {
	bg_cli echoes "$TOOLS/echoes" -d "$SRV4" -p "$1" -i 50 -b 4
	wait_for 10 grep -q connected "$TMP/echoes.out"
}

echoes_live() {
	stop echoes
	assert_eq "$how ... none that was open is lost" \
		"$(field ok echoes) $(field failed echoes)" "54 0"
}

# script: a client that has its SYN-ACK and waits for what comes on descriptor 4
script() {
	script_open script 10.77.0.50 "$SRV4"
	cat >&4 <<-END
	send S mss=1460 sack ts=1000,0 ws=7
	expect SA
	print irs
	END
	wait_for 5 grep -q ^irs= "$TMP/script.out"
}

# the kernel's handshakes are its own
calm() {
	cookies=$(nstat_srv TcpExtSyncookiesSent)
	for addr in "$SRV4" "$SRV6"; do
		load "$addr" 80 500 1 "calm: all connect, $addr"
	done
	assert_eq "$how calm: handfast answers no SYN" \
		"$(counter syn_answered)" 0
	assert_eq "$how calm: each passes" "$(counter syn_pass_calm)" 1000
	assert_eq "$how calm: nothing is recorded" "$(counter flow_created)" 0
	assert_eq "$how calm: the kernel sends no cookie" \
		"$(nstat_srv TcpExtSyncookiesSent)" "$cookies"
	assert_eq "$how calm: said so" "$(hf_quiet status -j |
		jq -r '.phase, (.phase_why | startswith("the kernel answers"))' |
		tr '\n' ' ')" "calm true "
	assert_ge "$how calm: ... and how many SYNs come" \
		"$(hf_quiet status -j | jq .syn_rate)" 1
}

# established connections that are nobody's but the kernel's
of_kernel() {
	hf_quiet states -j | jq .kernel_states.ESTABLISHED
}

kernel_has() {
	[ "$(of_kernel)" = "$1" ]
}

# connections of before, idle and busy, go on under flood and after it
goes_on() {
	before=$(of_kernel)
	open_before 7
	wait_for 5 kernel_has $((before + 54))
	assert_eq "$how states tells what the kernel opened" $? 0
	assert_eq "$how ... no record" "$(hf_quiet flows -j | jq .total)" 0
	before=$(counter syn_answered)
	flood 3
	wait_for 5 counter_is syn_answered $((before + 10000))
	assert_eq "$how a flood is answered" $? 0
	wait_for 5 counter_is flow_adopted 50
	assert_eq "$how ... what was open is followed" $? 0
	assert_ge "$how ... as the kernel's" "$(hf_quiet flows -j | jq \
		'[.flows[] | select(.handoff == "kernel")] | length')" 50
	assert_ge "$how ... status says how fast it comes" \
		"$(hf_quiet status -j | jq .syn_rate)" 10000
	load "$SRV4" 80 200 1 "... all connect under it"
	join flood
	echoes_live
	wait_for 5 phase_is calm
	assert_eq "$how calm again" $? 0
}

# The kernel has seen the SYN, handfast sees its repetition and the ACK.
half_open() {
	wait_for 5 phase_is calm
	script
	flood 3
	wait_for 5 phase_is flood
	cat >&4 <<-END
	send S mss=1460 sack ts=1000,0 ws=7
	expect SA again seq=irs
	send A ts=1001,rts
	send PA data=ping\n ts=1001,rts
	expect PA skip data=ok\n
	send R
	END
	script_close script
	assert_eq "$how what is half open in the kernel opens there" $? 0
	assert_eq "$how ... by no cookie" "$(counter syn_pass_live_flow)" 1
	join flood
}

# floods begin and end under load
switches() {
	bg_cli steady "$TOOLS/load" -d "$SRV4" -p 80 -r 300 -t $((FLOODS * 4))
	turn=0
	while [ $turn -lt "$FLOODS" ]; do
		wait_for 5 phase_is calm
		passed=$(($(counter syn_pass_calm) + 50))
		wait_for 5 counter_is syn_pass_calm $passed
		flood 1
		wait_for 5 phase_is flood
		join flood
		turn=$((turn + 1))
	done
	join steady
	cat "$TMP/steady.out"
	assert_eq "$how $FLOODS floods begin and end: no connection is lost" \
		"$(field failed steady)" 0
	assert_ge "$how ... some were opened by cookies" \
		"$(counter ack_accepted)" 200
}

# A cookie that is under way when the mode changes is honoured.
mode_changes() {
	for to in auto monitor; do
		conf "[handfast]" "mode = always"
		hf reload >/dev/null
		script
		conf "[handfast]" "mode = $to"
		hf reload >/dev/null
		cat >&4 <<-END
		send A ts=1001,rts
		send PA seq=iss+1 data=ping\n ts=1001,rts
		send PA seq=iss+1 data=ping\n ts=1001,rts
		expect PA skip data=ok\n
		send R
		END
		script_close script
		assert_eq "$how a cookie of always is good in mode $to" $? 0
	done
	conf "[handfast]" "mode = auto"
	hf reload >/dev/null
}

# XDP decides: the daemon may be dead. What is over then makes room, too.
orphan() {
	flood 3
	wait_for 5 phase_is flood
	reset_by_the_client
	kill -9 "$(cat "$TMP/handfastd.pid")"
	wait_for 5 daemon_is dead
	join flood
	wait_for 5 phase_is calm
	before=$(counter syn_answered)
	flood 2
	wait_for 5 counter_is syn_answered $((before + 10000))
	assert_eq "$how daemon dead: a flood is answered" $? 0
	load "$SRV4" 80 200 1 "... all connect"
	join flood
	wait_for 5 phase_is calm
	talk 10.77.0.50 "$SRV4" <<-END
	set sport=4000
	send S mss=1460 sack ts=5000,0 ws=7
	expect SA
	send A ts=5001,rts
	send PA data=ping\n ts=5001,rts
	expect PA skip data=ok\n seq=irs+1
	send R
	END
	assert_eq "$how ... and a tuple that was reset opens anew" $? 0
}

# opened by a cookie, reset with the daemon stopped
reset_by_the_client() {
	script_open short 10.77.0.50 "$SRV4"
	cat >&4 <<-END
	set sport=4000
	send S mss=1460 sack ts=1000,0 ws=7
	expect SA
	send A ts=1001,rts
	sleep 100
	send PA data=ping\n ts=1001,rts
	expect PA skip data=ok\n
	print irs
	END
	wait_for 5 grep -q ^irs= "$TMP/short.out"
	signal_daemon STOP
	echo "send R" >&4
	script_close short
	assert_eq "$how a connection is reset by its client" $? 0
}

# $how: mode and handoff
each() {
	calm
	goes_on
	half_open
	switches
	mode_changes
	orphan
	check_identities
	hf detach --all --now
}

generation_is() {
	[ "$(variable control seen_generation)" -ge "$1" ]
}

# A connection behind that opened while calm, without any record, says something
# now and then: generations of marks later a flood spares it.
heard_behind() {
	bg_cli echoes "$TOOLS/echoes" -d "$SRV4" -p 7007 -i 0 -b 4
	wait_for 10 grep -q connected "$TMP/echoes.out"
	wait_for 10 generation_is $(($(variable control seen_generation) + 3))
	assert_eq "$how calm: still nothing is recorded" \
		"$(counter flow_created)" 0
	dropped=$(counter reject_dropped)
	flood 2 7007
	wait_for 5 phase_is flood
	join flood
	stop echoes
	assert_eq "$how heard while calm: none is lost" \
		"$(field ok echoes) $(field failed echoes)" "4 0"
	assert_eq "$how ... nothing of them is dropped" \
		"$(counter reject_dropped)" "$dropped"
	wait_for 10 phase_is calm
}

# A published port: while calm its server's own answers teach what it grants, and
# mark what is open.
behind() {
	how="generic behind"
	behind_up box 0
	serve_in box boxweb -p 80 -b 4096
	serve_in box boxecho -p 7 -e
	in_ns srv nft -f - <<-END
	table ip publish {
		chain pre {
			type nat hook prerouting priority dstnat;
			tcp dport 8080 dnat to 10.79.0.2:80
			tcp dport 7007 dnat to 10.79.0.2:7
		}
	}
	END
	set -- -i s0 -i s1 -m auto -x generic -p 8080 -p 7007 \
		-o flood_hold_s=1 -o drain_splice_s=0
	start_handfast "$@" -o behind_idle_s=1
	heard_behind
	hf detach --all --now
	stop handfastd
	start_handfast "$@"
	load "$SRV4" 8080 200 1 "calm: all connect"
	assert_eq "$how calm: nothing is recorded" "$(counter flow_created)" 0
	assert_eq "$how calm: services knows where it lives" \
		"$(hf_quiet services -j | jq -r '.services[] |
		select(.service == "*:8080") | .where, .handoff' |
		tr '\n' ' ')" "behind splice "
	open_before 7007
	flood 4 8080
	wait_for 5 counter_is syn_answered 10000
	assert_eq "$how a flood is answered" $? 0
	load "$SRV4" 8080 200 2 "... all connect under it"
	join flood
	echoes_live
	check_identities
	hf detach --all --now
	stop handfastd
}

# Nothing is done, but what would be is counted: the flood is the kernel's.
monitor() {
	how=monitor:
	start_handfast -i s0 -i s1 -m monitor -x generic -o flood_hold_s=1
	load "$SRV4" 80 200 1 "all connect"
	assert_eq "monitor: they would have been answered" \
		"$(counter would_answer)" 200
	flood 2
	join flood
	assert_ge "monitor: the flood, too" "$(counter would_answer)" 10000
	assert_eq "monitor: no SYN is answered" "$(counter syn_answered)" 0
	assert_eq "monitor: none is dropped" "$(counter syn_dropped)" 0
	assert_eq "monitor: nothing is recorded" "$(counter flow_created)" 0
	check_identities
	hf detach --all
	stop handfastd
}

net_up
net_flood_up
napi_on srv s1
SRV_MAC=$(mac_of srv s0)
serve web -p 80 -b 4096
serve echo -p 7 -e
[ $# -gt 0 ] || set -- generic native
for mode; do
	[ "$mode" = native ] && native_peers c0 f0
	for handoff in auto splice; do
		how="$mode $handoff"
		conf "[handfast]" "mode = auto"
		start_handfast -c "$TMP/conf" -i s0 -i s1 -x "$mode" \
			-o handoff=$handoff \
			-o flood_hold_s=1 -o drain_s=0 -o drain_splice_s=0
		each
	done
done
behind
monitor		# last: the kernel's queue is full of it for a minute
summary
