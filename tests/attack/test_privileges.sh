#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_privileges.sh: what the daemon keeps once it has attached, and that all which
# it has to do later on works with that: interfaces come, go and come back, filters,
# reload, keys, another daemon in its place.
#
# Topology: attack.sh, with net_flood_up.
set -u
# shellcheck source=tests/attack/attack.sh
. "$(dirname "$0")/attack.sh"

NEEDED=000000c000001000		# CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN
BUILT=$HANDFASTD

# of_daemon FIELD: of /proc/PID/status
of_daemon() {
	awk -v f="$1:" '$1 == f { print $2 }' \
		"/proc/$(cat "$TMP/handfastd.pid")/status"
}

# has_given_up NAME [BOUND]: it has what it needs, and could not have more than BOUND
has_given_up() {
	for set in CapEff CapPrm; do
		assert_eq "$1: $set" "$(of_daemon $set)" $NEEDED
	done
	assert_eq "$1: CapBnd" "$(of_daemon CapBnd)" "${2:-$NEEDED}"
	for set in CapInh CapAmb; do
		assert_eq "$1: $set" "$(of_daemon $set)" 0000000000000000
	done
	assert_eq "$1: no_new_privs" "$(of_daemon NoNewPrivs)" 1
	assert_eq "$1: a filter of system calls" "$(of_daemon Seccomp)" 2
}

# none_refused NAME: no system call of the daemon's, where the kernel's log tells.
# Before Linux 6.9 libbpf asks for modules, see privilege.c.
none_refused() {
	[ "$HF_HANDOFF" = reqsk ] || return
	assert_eq "$1: needs no other system call" "$(dmesg 2>/dev/null |
		grep "type=1326.* pid=$(cat "$TMP/handfastd.pid") " |
		sed 's/.* \(syscall=[0-9]*\).*/\1/' | sort | uniq -c)" ""
}

interfaces() {
	hf_quiet status --json | jq -r "[.interfaces[] | $1] | join(\" \")"
}

interfaces_are() {
	[ "$(interfaces .name)" = "$1" ]
}

second_interface() {
	hf attach s1
	assert_eq "$1: a second interface: attached" $? 0
	assert_eq "$1: a second interface: there" "$(interfaces .name)" "s0 s1"
	fld "$TOOLS/load" -d "$SRV4_FLD" -p 80 -r 20 -t 1 >/dev/null
	assert_eq "$1: a second interface: all connect" $? 0
	hf detach s1 --now
	assert_eq "$1: a second interface: detached" $? 0
	wait_for 3 interfaces_are s0
	assert_eq "$1: a second interface: gone" $? 0
}

reflect_rate_is() {
	[ "$(hf_quiet status --json | jq .config.reflect_rate)" = "$1" ]
}

reload() {
	conf "[handfast]" "drain_s = 0" "reflect_rate = 77"
	hf reload
	assert_eq "reload" $? 0
	wait_for 3 reflect_rate_is 77
	assert_eq "reload: in force" $? 0
	conf "[handfast]" "drain_s = 0" "reflect_rate = 78"
	signal_daemon HUP
	wait_for 3 reflect_rate_is 78
	assert_eq "SIGHUP: in force" $? 0
}

generation() {
	hf_quiet keys --json | jq .generation
}

rotate() {
	before=$(generation)
	hf keys rotate
	assert_eq "keys rotate" $? 0
	assert_eq "keys rotate: a new generation" "$(generation)" $((before + 1))
	connects "keys rotate" 20 20
}

is_native() {
	[ "$(interfaces .xdp)" = native ]
}

# The veth's peer gets a program: XDP goes into the driver.
mode_changes() {
	native_peers c0
	wait_for 5 is_native
	assert_eq "XDP mode changes" $? 0
	connects "XDP mode changes" 20 20
}

# Only CAP_NET_ADMIN is told of keys.
md5_keys() {
	[ "$(hf_quiet services --json | jq -r '.services[] |
		select(.service == "*:179") | .why')" = \
		"the listener has TCP-MD5 or TCP-AO keys" ]
}

sockets_are_asked() {
	serve signed -4 -p 179 -5 10.77.0.99
	wait_for 3 md5_keys
	assert_eq "sock_diag: TCP-MD5 keys are seen" $? 0
	stop signed
}

# A client that vanishes: probed, and the socket destroyed, or reset if spliced.
dead_peer() {
	conf "[handfast]" "drain_s = 0" "keepalive = yes" \
		"tcp_keepalive_time = 1" "tcp_keepalive_intvl = 0.3" \
		"tcp_keepalive_probes = 2"
	hf reload
	seg_hosts 50
	SRV_MAC=$(mac_of srv s0)
	talk 10.77.0.50 "$SRV4" <<-END
	send S mss=1460
	expect SA
	send A
	END
	assert_eq "a client vanishes: connected" $? 0
	wait_for 10 grep -q "close 10.77.0.50 .*error=ECONN[AR]" "$TMP/web.out"
	assert_eq "a client vanishes: its socket is ended" $? 0
}

filters() {
	in_ns srv tc filter show dev "$1" ingress | grep -c hf_tc_in
}

by_filters() {
	end_daemon TERM
	defend -m always -o tc=clsact -o drain_s=0
	second_interface "filters"
	in_ns srv tc qdisc del dev s0 clsact
	wait_for 3 grep -q "taken off: mended" "$TMP/handfastd.out"
	wait_for 3 hf_quiet status
	assert_eq "filters: put back after somebody deleted them" \
		"$? $(filters s0)" "0 1"
	connects "filters" 20 20
	none_refused "filters"
}

taken_over() {
	end_daemon USR2
	assert_eq "SIGUSR2: the socket is gone" \
		"$(ls "/run/handfast/$HF_NAME.sock" 2>/dev/null)" ""
	defend -m always -o drain_s=0
	assert_eq "taken over" "$(grep -c "taken over: " \
		"$TMP/handfastd.out")" 1
	has_given_up "taken over"
	connects "taken over" 20 20
	none_refused "taken over"
}

nothing_stands() {
	assert_eq "$1: no pins, no socket" "$(find /sys/fs/bpf/handfast \
		/run/handfast -path "*/$HF_NAME*" 2>/dev/null)" ""
	assert_eq "$1: no program" "$(in_ns srv ip -j link show s0 |
		jq '.[0].xdp.prog')" null
}

# defend_by "COMMAND..." OPTION...: the daemon is run by that command
defend_by() {
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$1" "$HANDFASTD" >"$TMP/by"
	chmod +x "$TMP/by"
	shift
	HANDFASTD=$TMP/by
	defend "$@"
	HANDFASTD=$BUILT
}

# Before Linux 6.9 libbpf 1.1 needs CAP_SYS_ADMIN as well.
few_at_start() {
	[ "$HF_HANDOFF" = reqsk ] || return
	defend_by "setpriv --inh-caps=-all \
--bounding-set=-all,+bpf,+net_admin,+perfmon,+net_raw" -m always -o drain_s=0
	has_given_up "few at the start" 000000c000003000
	connects "few at the start" 20 20
	second_interface "few at the start"
	none_refused "few at the start"
	end_daemon TERM
}

filter_refused() {
	in_ns srv timeout $((10 * ${HF_SLOW:-1})) "$TOOLS/deny_filter" 12 \
		"$HANDFASTD" -n "$HF_NAME" -i s0 -x generic -m always \
		-o max_flows=65536 2>"$TMP/refused"
	assert_eq "filter refused: exit 1" $? 1
	assert_eq "filter refused: said so" "$(sed 's/seccomp: .*/seccomp/' \
		"$TMP/refused")" "handfastd: privileges: seccomp"
	nothing_stands "filter refused"
}

no_seccomp() {
	defend_by "$TOOLS/deny_filter 22" -m always
	assert_eq "no seccomp in the kernel: said once" \
		"$(grep -c 'has no seccomp' "$TMP/handfastd.out")" 1
	assert_eq "no seccomp in the kernel: CapEff" "$(of_daemon CapEff)" \
		$NEEDED
	assert_eq "no seccomp in the kernel: no_new_privs" \
		"$(of_daemon NoNewPrivs)" 1
	connects "no seccomp in the kernel" 20 20
}

attack_up
net_flood_up
napi_on srv s1
conf "[handfast]" "drain_s = 0"
start_handfast -i s0 -m always -c "$TMP/conf"
has_given_up "attached"
connects "attached" 20 20
second_interface "attached"
reload
rotate
gone_and_back
mode_changes
sockets_are_asked
dead_peer
hf status
assert_eq "status: healthy" $? 0
none_refused "so far"
by_filters
taken_over
end_daemon TERM
nothing_stands SIGTERM
few_at_start
filter_refused
no_seccomp
summary
