# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# handfast.sh: the handfast of a test, in srv: its daemon, what its commands
# say, the sums that its counters keep. Sourced by lib.sh.

HF_NAME=hft$$

# Before Linux 6.9 the handoff is another one.
HF_HANDOFF=reqsk
grep -q ' bpf_sk_assign_tcp_reqsk' /proc/kallsyms || HF_HANDOFF=splice

hf_attached() {
	[ -e "/sys/fs/bpf/handfast/$HF_NAME" ] && hf_quiet counters >/dev/null \
		2>&1
}

# Note which counters were raised, for tests/raised.sh, before they go.
hf_note_raised() {
	[ -n "${HF_RAISED:-}" ] && hf_attached || return 0
	hf_quiet counters --json | jq -r '.counters | to_entries[] |
		select(.value > 0) | .key' >>"$HF_RAISED"
}

# hf ARG...: the CLI for this test's instance
hf() {
	case "$*" in
	*detach*) hf_note_raised ;;
	esac
	srv "$HANDFAST" -n "$HF_NAME" "$@" </dev/null	# no terminal
}

hf_quiet() {
	in_ns srv "$HANDFAST" -n "$HF_NAME" "$@" </dev/null
}

# start_handfast ARG...: a daemon in srv, armed when this returns. The flow
# table is small, so that many tests a minute do not wait for its memory; no SYN
# passes to be learned from, for most tests count (test_learn.sh does not).
# HF_OPTIONS: more arguments, for running a test with another handoff.
start_handfast() {
	instance "$HF_NAME"
	# shellcheck disable=SC2086 # several words
	bg_srv handfastd "$HANDFASTD" -n "$HF_NAME" -o max_flows=65536 \
		-o learn_s=0 ${HF_OPTIONS:-} "$@"
	wait_for 15 hf_quiet status || {
		cat "$TMP/handfastd.out"
		exit 1
	}
}

# daemon_is running|dead
daemon_is() {
	[ "$(hf_quiet status --json | jq -r .daemon)" = "$1" ]
}

# signal_daemon SIGNAL: to the one that start_handfast started
signal_daemon() {
	kill -"$1" "$(cat "$TMP/handfastd.pid")"
}

# end_daemon SIGNAL: its name is free when this returns
end_daemon() {
	[ "$1" = TERM ] && hf_note_raised
	signal_daemon "$1"
	wait_for 10 is_gone "$(cat "$TMP/handfastd.pid")"
	hf_status=$?
	rm "$TMP/handfastd.pid"
	return $hf_status
}

# attached_pid: of the daemon that `handfast attach` started
attached_pid() {
	grep -alE "handfastd.*[h]ft$$" /proc/[0-9]*/cmdline 2>/dev/null |
		cut -d / -f 3
}

# handoff_is KIND: of HF_OPTIONS, or the one that this kernel gives
handoff_is() {
	case ${HF_OPTIONS:-} in
	*handoff=*) hf_kind=${HF_OPTIONS#*handoff=} ;;
	*) hf_kind=$HF_HANDOFF ;;
	esac
	[ "${hf_kind%% *}" = "$1" ]
}

# needs_reqsk TEST: a test of what that handoff does asks for it; it is left
# where there is none
needs_reqsk() {
	handoff_is reqsk || skip 77 "$1" "the handoff is not reqsk"
	case ${HF_OPTIONS:-} in
	*handoff=*) ;;
	*) HF_OPTIONS="${HF_OPTIONS:-} -o handoff=reqsk" ;;
	esac
}

# conf LINE...: a file for -c
conf() {
	printf '%s\n' "$@" >"$TMP/conf"
}

# counter_is NAME N: or more, for wait_for
counter_is() {
	[ "$(counter "$1")" -ge "$2" ]
}

# phase_is calm|flood
phase_is() {
	[ "$(hf_quiet status --json | jq -r .phase)" = "$1" ]
}

# why_has TEXT: not armed, and `status` says why
why_has() {
	hf_quiet status --json | jq -e --arg w "$1" '.armed == false and
		(.why // "" | contains($w))' >/dev/null
}

# again OPTIONS TEST: another test once more, with a handfast of these options
again() {
	HF_OPTIONS=$1 "$HF_ROOT/tests/net/test_$2.sh" >"$TMP/again.out" 2>&1
	sed "s/^\(ok\|FAIL\) */&$2: /; /^[0-9]* passed/d" "$TMP/again.out"
	# shellcheck disable=SC2046 # two words
	set -- "$2" $(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed/\1 \2/p' \
		"$TMP/again.out")
	PASSED=$((PASSED + ${2:-0}))
	FAILED=$((FAILED + ${3:-1}))
}

# dispatcher_pins add|del: for the XDP program of s0, as libxdp makes them where it
# is a dispatcher, here with two programs
dispatcher_pins() {
	hf_dir=$(in_ns srv ip -j link show s0 |
		jq -r '.[0] | "xdp/dispatch-\(.ifindex)-\(.xdp.prog.id)"')
	hf_dir=/sys/fs/bpf/$hf_dir
	if [ "$1" = add ]; then
		mkdir -p "$hf_dir" &&
		bpftool prog load "$TOOLS/xdp_tx.bpf.o" "$hf_dir/prog0-prog" &&
		bpftool prog load "$TOOLS/xdp_pass.bpf.o" "$hf_dir/prog1-prog"
	else
		rm "$hf_dir"/* && rmdir "$hf_dir"
		rmdir /sys/fs/bpf/xdp 2>/dev/null	# others may be there
	fi
}

# counter NAME
counter() {
	hf_quiet counters --json | jq -r ".counters.$1"
}

# pinned MAP JQ: something out of a map, as bpftool prints it
pinned() {
	bpftool -j map dump pinned "/sys/fs/bpf/handfast/$HF_NAME"/v[0-9]*/"$1" |
		jq -r "$2"
}

# variable control|phase FIELD: of the programs' variables
variable() {
	pinned "$1" ".[0].formatted.value[\".data.$1\"][0].$1.$2"
}

# linked_programs: ids of those that stand in pinned links; before Linux 6.6 only
# XDP has one
linked_programs() {
	for hf_pin in /sys/fs/bpf/handfast/"$HF_NAME"/v[0-9]*/*_[0-9]*; do
		case $hf_pin in
		*@* | *_v[0-9]*) ;;
		*) bpftool -j link show pinned "$hf_pin" | jq .prog_id ;;
		esac
	done
}

# has_tcx: all hooks are links
has_tcx() {
	[ "$(linked_programs | wc -l)" -ge $((3 * $1)) ]
}

# old_sockets_are 0|1: do SYNs ask for sockets of handshakes before?
old_sockets_are() {
	[ "$(variable control old_sockets)" -eq "$1" ]
}

# until when they ask at most, ms; it moves when they are told to
asked_until() {
	variable control ask_until_ms
}

asked_since() {
	[ "$(asked_until)" != "$1" ]
}

# listening PORT: handfast knows that somebody listens there
listening() {
	hf_quiet services --json |
		jq -e ".services[] | select(.service | endswith(\":$1\")) |
			select(.listening)" >/dev/null
}

# states_of CLIENT: of its flows
states_of() {
	hf_quiet flows --json --client "$1" | jq -r '.flows[].state'
}

state_is() {
	[ "$(states_of "$1")" = "$2" ]
}

# connects NAME COUNT ANSWERED [PORT [ADDR]]: so many connections within a second
# all succeed, and so many by cookies
connects() {
	hf_answered=$(counter syn_answered)
	cli "$TOOLS/load" -d "${5:-$SRV4}" -p "${4:-80}" -r "$2" -t 1 >/dev/null
	assert_eq "$1: all connect" $? 0
	assert_eq "$1: by cookies" \
		$(($(counter syn_answered) - hf_answered)) "$3"
}

# answers: is one more connection answered by a cookie? For wait_for, where a SYN
# or two have to see for themselves: a route, a server was gone for a moment
answers() {
	hf_answered=$(counter syn_answered)
	in_ns cli "$TOOLS/load" -d "$SRV4" -p 80 -r 1 -t 1 >/dev/null
	[ "$(counter syn_answered)" -gt "$hf_answered" ]
}

# daemon_cpu: what it took so far, in hundredths of a second
daemon_cpu() {
	awk '{ print $14 + $15 }' "/proc/$(cat "$TMP/handfastd.pid")/stat"
}

# used_up: for seg: a connection opened by its first data, answered, closed by
# both; REPLAY is that first segment again
used_up() {
	cat <<-'END'
	send S mss=1460 sack ts=1000,0 ws=7
	expect SA
	set first=rseq
	set echo=rts
	send PA data=ping\n ts=1001,echo
	expect PA skip ack=iss+6
	send FA ts=1002,rts
	expect FA skip ack=iss+7
	send A ts=1003,rts
	sleep 100
	END
}

# shellcheck disable=SC2034 # for the tests
REPLAY='PA seq=iss+1 ack=first+1 data=ping\n ts=1001,echo'

flows_are_created_less_closed() {
	[ "$(hf_quiet counters --json |
		jq '.counters | .flow_created - .flow_closed')" -eq \
		"$(hf_quiet flows --json | jq .total)" ]
}

# What was created and has not ended is in some state. Half-open records, which
# are SYN_RECEIVED, are no flows.
states_add_up() {
	hf_created=$(counter flow_created)
	[ "$(hf_quiet states --json | jq --argjson c "$hf_created" '.states |
		$c - .CLOSED.entered == ([to_entries[] |
		select(.key | IN("CLOSED", "LISTEN", "SYN_RECEIVED") | not) |
		.value.now] | add)')" = true ]
}

# gone_and_back: s0, alone attached, is deleted and made anew
gone_and_back() {
	ip -n "hf-$$-srv" link del s0
	wait_for 3 why_has "no interface is attached"
	assert_eq "interface gone: said so" $? 0
	net_link
	wait_for 10 hf_quiet status
	assert_eq "interface back: armed" $? 0
	connects "interface back" 20 20
}

# check_identities: the sums that the contract promises, and flows against
# created and closed, once nothing moves any more
check_identities() {
	hf_quiet counters --json >"$TMP/counters.json"
	assert_eq "identity: syn_seen is answered + passed + dropped" "$(jq '
		.counters | .syn_seen ==
		.syn_answered + .syn_passed + .syn_dropped' \
		"$TMP/counters.json")" true
	assert_eq "identity: ack_rejected is passed + dropped" "$(jq '
		.counters | .ack_rejected == .reject_passed + .reject_dropped' \
		"$TMP/counters.json")" true
	# two reads: the reaper may come between them
	wait_for 5 flows_are_created_less_closed
	assert_eq "identity: flows are created - closed" $? 0
	wait_for 5 states_add_up
	assert_eq "identity: created - ended is the sum of the states" $? 0
}
