#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_restart.sh: the daemon is killed three times, dead for 5 s each, under a
# flood and with real connections all the time: nobody outside notices, and the
# programs stay. Where others must be loaded, that is not done on the CPU that
# receives. Another layout in its place is refused.
#
# Topology: lib.sh, with net_flood_up.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# An emulated machine does a tenth, and its daemon starts in four times as long.
SLOW=${HF_SLOW:-1}
TIMES=1
[ "$SLOW" -gt 1 ] && TIMES=4

kill_three_times() {
	for nth in 1 2 3; do
		asked=$(asked_until)
		programs=$(linked_programs)
		end_daemon KILL
		wait_for 3 daemon_is dead
		hf_clock
		end=$((hf_now + 500))
		until [ "$hf_now" -ge "$end" ]; do
			sleep 0.2
			hf_clock
		done
		start_handfast -i s0 -i s1 -m always
		assert_ge "kill $nth: says what it took over" \
			"$(grep -c 'taken over: ' "$TMP/handfastd.out")" 1
		assert_eq "kill $nth: no SYN asks for sockets because of it" \
			"$(asked_until)" "$asked"
		has_tcx 2 && assert_eq "kill $nth: the programs stay" \
			"$(linked_programs)" "$programs"
	done
}

allowed_cpus() {
	sed -n 's/^Cpus_allowed_list:[^0-9]*//p' "/proc/$1/status"
}

# note_cpus: where the next daemon may run, again and again, until it is armed
note_cpus() {
	until [ -s "$TMP/handfastd.pid" ]; do sleep 0.01; done
	read -r hf_pid <"$TMP/handfastd.pid"
	until [ -e "$TMP/is_armed" ]; do
		allowed_cpus "$hf_pid"
		sleep 0.02
	done >"$TMP/cpus" 2>/dev/null
}

# loads_elsewhere CPU: that CPU receives a flood, and s1 has another slot than before,
# so that other programs must be loaded
loads_elsewhere() {
	all=$(allowed_cpus $$)
	programs=$(linked_programs)
	bg_fld flood "$TOOLS/flood" -i f0 -d $SRV4_FLD -p 80 \
		-m "$(mac_of srv s1)" -r $((20000 / SLOW)) -t $((60 * TIMES)) \
		-c "$1"
	wait_for 5 counter_is syn_seen $(($(counter syn_seen) + 5000 / SLOW))
	end_daemon KILL
	rm -f "$TMP/is_armed"
	note_cpus &
	noting=$!
	start_handfast -i s1 -m always
	touch "$TMP/is_armed"
	wait $noting
	stop flood
	assert_eq "a flood on CPU $1: other programs" \
		"$(linked_programs | grep -cxF "$programs")" 0
	assert_ge "a flood on CPU $1: it loads on one CPU" \
		"$(grep -cx '[0-9]*' "$TMP/cpus")" 1
	assert_eq "a flood on CPU $1: not on that one" \
		"$(grep -cx "$1" "$TMP/cpus")" 0
	assert_eq "a flood on CPU $1: afterwards it may run anywhere" \
		"$(allowed_cpus "$(cat "$TMP/handfastd.pid")")" "$all"
}

# Interfaces have the same numbers in every namespace: what is attached in one is
# not to be gone on with in another.
other_namespace() {
	end_daemon USR2
	# shellcheck disable=SC2086 # several words
	in_ns cli timeout $((10 * SLOW)) "$HANDFASTD" -n "$HF_NAME" -i c0 \
		-m always ${HF_OPTIONS:-} 2>"$TMP/other.out"
	assert_eq "attached in another namespace: exit 1" $? 1
	assert_eq "attached in another namespace: said so" "$(grep -c \
		'attached in another network namespace' "$TMP/other.out")" 1
	hf_quiet status --json >"$TMP/status"
	assert_eq "attached in another namespace: goes on" "$(jq -r \
		'"\(.daemon) \(.armed)"' "$TMP/status")" "dead true"
	start_handfast -i s0 -i s1 -m always
}

# pins of a version that this one does not know
other_layout() {
	stop handfastd
	mkdir -p "/sys/fs/bpf/handfast/$HF_NAME/v0"
	# shellcheck disable=SC2086 # several words
	srv timeout $((10 * SLOW)) "$HANDFASTD" -n "$HF_NAME" -i s0 -m always \
		${HF_OPTIONS:-} 2>"$TMP/other.out"
	assert_eq "another layout's pins: exit 1" $? 1
	assert_eq "another layout's pins: said so" "$(grep -c layout \
		"$TMP/other.out")" 1
	assert_eq "another layout's pins: the way out" "$(grep -c \
		'^try: handfast.* detach --all' "$TMP/other.out")" 1
	assert_eq "another layout's pins: left alone" \
		"$(ls "/sys/fs/bpf/handfast/$HF_NAME")" v0
	hf_quiet detach --all
	assert_eq "detach --all: nothing is left" \
		"$(ls "/sys/fs/bpf/handfast/$HF_NAME" 2>/dev/null)" ""
}

net_up
net_flood_up
napi_on srv s0
napi_on srv s1
napi_on fld f0
serve web -p 80 -b 4096
start_handfast -i s0 -i s1 -m always
bg_cli load "$TOOLS/load" -d $SRV4 -p 80 -r $((300 / SLOW)) -t $((22 * TIMES))
bg_fld flood "$TOOLS/flood" -i f0 -d $SRV4_FLD -p 80 \
	-m "$(mac_of srv s1)" -r $((300000 / SLOW)) -t $((21 * TIMES))
kill_three_times
join load
assert_eq "killed three times: no connection failed: $(cat "$TMP/load.out")" \
	$? 0
join flood
assert_ge "the flood was there" "$(counter syn_answered)" $((1000000 / SLOW))
assert_eq "the kernel was not asked" \
	"$(nstat_srv TcpExtSyncookiesSent)" 0
wait_for 10 states_add_up
assert_eq "afterwards created - ended = sum of now" $? 0
check_identities
[ "$(nproc)" -ne 2 ] || loads_elsewhere 0
other_namespace
other_layout
summary
