#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_adopt.sh: connections from before the attachment go on, idle ones and busy
# ones, through attach, flood, a kill of the daemon, and detach; each byte is
# compared. They have records from the first moment (S27, S72). Half-open ones are
# the kernel's to finish (S69).
#
# Topology: lib.sh, with net_flood_up.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# now STATE
now() {
	hf_quiet states --json | jq ".states.$1.now"
}

# One that the client closed, of a server that does not close.
half_closed() {
	serve keep -p 81 -k
	in_ns cli "$TOOLS/seg" -i c0 -s 10.77.0.61 -d $SRV4 -p 81 \
		-m "$SRV_MAC" "send S mss=1460" "expect SA" "send A" \
		"send FA" "expect A skip" >"$TMP/fin.out" || cat "$TMP/fin.out"
	wait_for 5 in_close_wait
}

in_close_wait() {
	[ "$(in_ns srv ss -Ht state close-wait | wc -l)" -eq 1 ]
}

received() {
	# shellcheck disable=SC2016 # awk's own
	in_ns srv awk '$1 == "s0:" { print $2 }' /proc/net/dev
}

# is_busy: it goes on sending
is_busy() {
	before=$(received)
	sleep 0.1
	[ "$(received)" -gt "$((before + 20000))" ]
}

# half_open CLIENT: the kernel answers its SYN, and waits
half_open() {
	in_ns cli "$TOOLS/seg" -i c0 -s "$1" -d $SRV4 -p 80 -m "$SRV_MAC" \
		"set iss=77" "send S sport=6200 mss=1460" "expect SA" \
		"print rseq" >"$TMP/half.out"
	begun=$(tail -n 1 "$TMP/half.out")
}

# The client did not hear the kernel: its SYN comes again, and then its ACK.
half_open_goes_on() {
	assert_eq "half-open before: two wait in the kernel" \
		"$(in_ns srv ss -Htn state syn-recv | wc -l)" 2
	talk 10.77.0.62 $SRV4 <<-END
	set iss=77
	send S sport=6200 mss=1460
	expect SA seq=${begun#*=}
	send A
	send PA data=hello\n
	expect PA skip data=hello\n
	send R
	END
	assert_eq "S69: half-open before: goes on, by the kernel's SYN-ACK" $? 0
	assert_ge "half-open before: its SYN was passed" \
		"$(counter syn_pass_live_flow)" 1
	wait_for 40 old_sockets_are 0
	assert_eq "half-open before: SYNs ask until the last one is gone" \
		"$(in_ns srv ss -Htn state syn-recv | wc -l)" 0
}

states_follow() {
	assert_eq "attach: every connection has its record" \
		"$(now ESTABLISHED)" 400
	assert_eq "attach: adopted" "$(counter flow_adopted)" 401
	assert_eq "attach: a half-closed one in CLOSE_WAIT" \
		"$(now CLOSE_WAIT)" 1
	assert_eq "flows: adopted" "$(hf_quiet flows --json |
		jq '[.flows[] | select(.handoff == "adopted")] | length')" 401
	assert_eq "attach: the daemon says so" "$(grep -c \
		'connections that exist already are followed' \
		"$TMP/handfastd.out")" 1
}

flooded() {
	bg_fld flood "$TOOLS/flood" -i f0 -d $SRV4_FLD -p 80 \
		-m "$(mac_of srv s1)" -r 200000 -t 5
	wait_for 3 phase_is flood
	wait_for 3 is_busy
	assert_eq "flood: busy ones go on" $? 0
	cli "$TOOLS/load" -d $SRV4 -p 80 -r 200 -t 2 >/dev/null
	assert_eq "flood: new ones connect" $? 0
	join flood
	assert_eq "flood: none was lost" "$(now ESTABLISHED)" 400
}

killed() {
	end_daemon KILL
	wait_for 3 is_busy
	start_handfast -i s0 -i s1 -m always
	assert_eq "next daemon: none was lost" "$(now ESTABLISHED)" 400
}

net_up
net_flood_up
napi_on srv s1
SRV_MAC=$(mac_of srv s0)
serve echo -p 80 -e -b 1024
bg_cli four "$TOOLS/echoes" -d $SRV4 -p 80 -i 100 -b 100
bg_cli six "$TOOLS/echoes" -d $SRV6 -p 80 -i 100 -b 100
wait_for 5 grep -q connected "$TMP/four.out"
wait_for 5 grep -q connected "$TMP/six.out"
half_closed
sysctl_in srv net.ipv4.tcp_synack_retries 3
half_open 10.77.0.63
half_open 10.77.0.62
start_handfast -i s0 -i s1 -m always
states_follow
half_open_goes_on
flooded
killed
check_identities
hf detach --all
wait_for 3 is_busy
assert_eq "detach: busy ones go on" $? 0
for family in four six; do
	stop $family
	status=$?
	grep '^echoes' "$TMP/$family.out" | head -n 3
	assert_eq "S72: all bytes are right, all answer still: $(tail -n 1 \
		"$TMP/$family.out")" $status 0
done
summary
