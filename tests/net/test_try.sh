#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_try.sh: attach on trial: it ends by itself unless confirmed, with the
# daemon alive and dead; over ssh that is the default.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# seconds of a trial; an emulated machine needs long for a command
S=6
[ "${HF_SLOW:-1}" -gt 1 ] && S=15

is_detached() {
	[ ! -e "/sys/fs/bpf/handfast/$HF_NAME" ] &&
	[ "$(ip -n "hf-$$-srv" -j link show s0 | jq -r '.[0].xdp')" = null ]
}

# attached ARG...: on s0, with a small table
attached() {
	instance "$HF_NAME"
	# shellcheck disable=SC2086 # several words
	hf attach s0 -m always -o max_flows=65536 -o learn_s=0 ${HF_OPTIONS:-} "$@" \
		>"$TMP/attach.out"
}

# seconds since an hf_clock in $began
since_began() {
	hf_clock
	echo $(((hf_now - began) / 100))
}

unconfirmed() {
	hf_clock
	began=$hf_now
	attached --try $S
	assert_eq "--try: attaches" $? 0
	assert_eq "--try: says how to keep it" "$(grep -c \
		"s0: attached for $S s, .handfast -n $HF_NAME confirm. keeps it" \
		"$TMP/attach.out")" 1
	assert_le "--try: status says how long" "$(hf_quiet status --json |
		jq '.interfaces[0].try_s')" $S
	assert_eq "--try: status in words" \
		"$(hf_quiet status | grep -c 'on trial: [0-9]* s left')" 1
	wait_for $((S + 7)) is_detached
	assert_eq "--try: detached by itself" $? 0
	assert_ge "--try: not before its time" "$(since_began)" "$S"
}

confirmed() {
	attached --try=$S -j
	assert_eq "--try -j" "$(jq -c '[.interface, .attached, .already, .try_s]' \
		"$TMP/attach.out")" "[\"s0\",true,false,$S]"
	hf confirm >"$TMP/confirm.out"
	assert_eq "confirm: done" $? 0
	assert_eq "confirm: says what stays" "$(cat "$TMP/confirm.out")" \
		"s0: stays attached"
	assert_eq "confirm: no trial any more" "$(hf_quiet status --json |
		jq '.interfaces[0].try_s')" null
	hf confirm >"$TMP/confirm.out"
	assert_eq "confirm: again is no error" "$? $(cat "$TMP/confirm.out")" \
		"0 nothing is on trial"
	hf_clock
	began=$hf_now
	until [ "$(since_began)" -ge $((S + 1)) ]; do sleep 0.1; done
	hf_quiet status >/dev/null
	assert_eq "confirmed: still there when its time is over" $? 0
	hf detach --all
}

# The programs stop answering by themselves.
daemon_dead() {
	attached --try $S
	kill -KILL "$(attached_pid)"
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 1 >/dev/null
	assert_ge "daemon dead: answered within the trial" \
		"$(counter syn_answered)" 1
	wait_for $((S + 5)) passes
	assert_eq "daemon dead, time over: SYNs pass" $? 0
	connects "daemon dead, time over" 20 0
	assert_eq "daemon dead, time over: status says why" \
		"$(hf_quiet status --json | jq -r '.why')" \
		"was not confirmed in time"
	hf_quiet confirm 2>"$TMP/confirm.out"
	assert_eq "confirm, too late: exit 1" $? 1
	assert_eq "confirm, too late: said so" "$(head -n 1 "$TMP/confirm.out")" \
		"handfast: s0: was not confirmed in time"
	hf detach --all
	assert_eq "detach --all: nothing is left" "$(is_detached; echo $?)" 0
}

passes() {
	in_ns cli "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 1
	[ "$(counter syn_pass_unconfirmed)" -gt 0 ]
}

confirmed_while_dead() {
	attached --try 60
	kill -KILL "$(attached_pid)"
	assert_eq "confirm -j with the daemon dead" "$(hf confirm -j |
		jq -c '[.daemon, .confirmed]')" '["dead",["s0"]]'
	assert_eq "confirmed with the daemon dead" "$(hf_quiet status --json |
		jq '.interfaces[0].try_s')" null
	hf detach --all
}

# ssh_attach SERVER-ADDR: on a terminal, as sshd sets its environment
ssh_attach() {
	instance "$HF_NAME"
	in_ns srv env SSH_CONNECTION="$CLI4 40000 $1 22" script -qec \
		"$HANDFAST -n $HF_NAME attach s0 -m always -o max_flows=65536 -o learn_s=0 \
		${HF_OPTIONS:-}" \
		/dev/null </dev/null >"$TMP/attach.out"
}

by_ssh() {
	ssh_attach $SRV4
	assert_eq "over ssh through s0: on trial for 60 s, said so" \
		"$(grep -c 'attached for 60 s' "$TMP/attach.out")" 1
	assert_ge "over ssh through s0: on trial" "$(hf_quiet status --json |
		jq '.interfaces[0].try_s')" 50
	hf detach --all
	ssh_attach 192.0.2.1
	assert_eq "over ssh through another interface: for good" \
		"$(hf_quiet status --json | jq '.interfaces[0].try_s')" null
	hf detach --all
	# shellcheck disable=SC2086 # several words
	in_ns srv env SSH_CONNECTION="$CLI4 40000 $SRV4 22" "$HANDFAST" \
		-n "$HF_NAME" attach s0 -m always -o max_flows=65536 -o learn_s=0 \
		${HF_OPTIONS:-} </dev/null
	assert_eq "over ssh, no terminal (a script): for good" \
		"$(hf_quiet status --json | jq '.interfaces[0].try_s')" null
	hf detach --all
}

# A second interface on trial leaves the first alone.
beside_another() {
	start_handfast -i s0 -m always
	ip -n "hf-$$-srv" link add s9 type veth peer name s8
	ip -n "hf-$$-srv" link set s9 up
	hf attach s9 --try $S >/dev/null
	assert_eq "second interface on trial: attached" "$(hf_quiet status \
		--json | jq '.interfaces | length')" 2
	wait_for $((S + 7)) one_interface
	assert_eq "second interface on trial: detached" $? 0
	hf_quiet status >/dev/null
	assert_eq "second interface on trial: the first stays armed" $? 0
}

one_interface() {
	[ "$(hf_quiet status --json | jq '.interfaces | length')" -eq 1 ]
}

bad_use() {
	for value in 0 -1 x 99999999; do
		hf attach s0 --try=$value 2>/dev/null
		assert_eq "--try=$value: bad use" $? 2
	done
}

net_up
serve web -p 80 -b 1024
bad_use
unconfirmed
confirmed
daemon_dead
confirmed_while_dead
by_ssh
beside_another
summary
