#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_guest.sh: what the machine as a whole does to a daemon at a card, so only to
# be had in a guest: a SYN flood by the cards' own drivers, with the JIT hardened;
# memory limited by a cgroup; no bpffs. The plain kernel beside it.
#
# Topology: lib.sh, on cards.
set -u
# shellcheck source=tests/vm/card.sh
. "$(dirname "$0")/card.sh"

GROUP=/sys/fs/cgroup/hft
BUILT=$HANDFASTD

start() {
	start_handfast -i s0 -m always -o drain_s=0 -o drain_splice_s=0 \
		-o flood_syn_rate=500 -o flood_hold_s=2
}

# --- flood ---

flood() {
	bg_cli flood "$TOOLS/flood" -i c0 -d "$SRV4" -p 80 -s 10.128.0.0/9 \
		-m "$(mac_of srv s0)" -r 1500 -t "$1" -c 1
}

# clients NAME FAILED-AT-MOST
clients() {
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 10 -t 10 -k 20000 >"$TMP/load.out"
	join flood
	cat "$TMP/flood.out" "$TMP/load.out"
	assert_ge "$1: it was a flood" "$(field sent flood)" 5000
}

half_open() {
	in_ns srv ss -Htn state syn-recv | wc -l
}

none_half_open() {
	[ "$(half_open)" -eq 0 ]
}

flooded() {
	before=$(counter syn_answered)
	flood 20
	wait_for 10 phase_is flood
	assert_eq "$1: flood is seen" $? 0
	clients "$1"
	assert_eq "$1: of 100 real clients fail" "$(field failed load)" 0
	assert_ge "$1: SYNs are answered" \
		$(($(counter syn_answered) - before)) 5000
	assert_eq "$1: the kernel has no half-open connection" \
		"$(half_open)" 0 || {
		hf_quiet counters
		cat "$TMP/handfastd.out"
	}
	wait_for 15 phase_is calm
}

flooded_without() {
	sysctl_in srv net.ipv4.tcp_syncookies 0
	sysctl_in srv net.ipv4.tcp_max_syn_backlog 64
	flood 14
	clients "plain kernel, flooded"
	assert_ge "plain kernel, flooded: of 100 real clients fail" \
		"$(field failed load)" 20
	sysctl_in srv net.ipv4.tcp_syncookies 1
	sysctl_in srv net.ipv4.tcp_synack_retries 1
	wait_for 40 none_half_open	# those are not handfast's
	sysctl_in srv net.ipv4.tcp_synack_retries 5
}

# --- the JIT ---

hardened() {
	sysctl -q net.core.bpf_jit_harden="$1"
	start
	connects "bpf_jit_harden=$1" 20 20
	assert_eq "bpf_jit_harden=$1: compiled" "$(hf_quiet doctor s0 |
		grep -c 'BPF JIT is on')" 1
	flooded "bpf_jit_harden=$1"
	end_daemon USR2
	start
	assert_eq "bpf_jit_harden=$1: taken over" "$(grep -c "taken over: " \
		"$TMP/handfastd.out")" 1
	connects "bpf_jit_harden=$1, taken over" 20 20
	check_identities
	end_daemon TERM
	gone "bpf_jit_harden=$1, SIGTERM"
	sysctl -q net.core.bpf_jit_harden=0
}

# --- memory ---

# limited MIB: the daemon and its maps
limited() {
	mkdir -p $GROUP
	echo "$1M" >$GROUP/memory.max
	printf '#!/bin/sh\necho $$ >%s/cgroup.procs\nexec %s "$@"\n' $GROUP \
		"$BUILT" >"$TMP/by"
	chmod +x "$TMP/by"
	HANDFASTD=$TMP/by
}

too_little() {
	limited "$1"
	in_ns srv timeout 120 "$HANDFASTD" -n "$HF_NAME" -i s0 -m always \
		-o max_flows="$2" >"$TMP/refused" 2>&1
	assert_eq "$1 MiB: exit 1" $? 1
	assert_eq "$1 MiB: one line" "$(head -n 1 "$TMP/refused")" \
		"handfastd: max_flows: no memory for $2 flows"
	assert_eq "$1 MiB: nobody is killed" \
		"$(awk '$1 == "oom_kill" { print $2 }' $GROUP/memory.events)" 0
	gone "$1 MiB"
}

memory() {
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	too_little 64 1048576
	too_little 32 65536
	limited 256
	start
	connects "256 MiB, 65536 flows" 20 20
	check_identities
	end_daemon TERM
	HANDFASTD=$BUILT
	gone "256 MiB"
}

no_bpffs() {
	umount /sys/fs/bpf
	start
	connects "no bpffs: one is mounted" 20 20
	assert_eq "no bpffs: where it belongs" \
		"$(stat -f -c %T /sys/fs/bpf)" bpf_fs
	end_daemon TERM
	gone "no bpffs"
}

net_up
serve web -p 80 -b 1024
native_peers c0 || fail "the client's card sends no flood"
flooded_without
hardened 2
memory
no_bpffs
summary
