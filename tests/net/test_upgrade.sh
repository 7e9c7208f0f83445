#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_upgrade.sh: restart with SIGUSR2, and a change to another build and back,
# under a flood with real connections all the time: none is lost, none refused.
# SIGTERM under connections: none fails. A daemon of another layout is refused
# as a successor, and taken off.
#
# Topology: lib.sh, with net_flood_up.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# An emulated machine does a tenth, and its daemon starts in six times as long.
SLOW=${HF_SLOW:-1}
TIMES=1
[ "$SLOW" -gt 1 ] && TIMES=6
FLOOD="flood_syn_rate=$((10000 / SLOW))"

version_is() {
	[ "$(hf_quiet status --json | jq -r '"\(.daemon) \(.version)"')" = \
		"running $1" ]
}

# leave_and_start VERSION DAEMON WHOSE HOW_MANY: so many programs are as before
leave_and_start() {
	running=$(linked_programs)
	end_daemon USR2
	HANDFASTD=$2
	start_handfast -i s0 -i s1 -m always -o "$FLOOD"
	wait_for 5 version_is "$1"
	assert_eq "$1: took over" \
		"$(grep -c 'taken over: ' "$TMP/handfastd.out")" 1
	has_tcx 2 && assert_eq "$1: $3 programs" "$(linked_programs |
		grep -cxF "$running")" "$4"
}

# those that use a map of ours: other tests may run beside this one
programs() {
	map=$(bpftool -j map show pinned /sys/fs/bpf/handfast/"$HF_NAME"/v*/flows |
		jq .id)
	bpftool -j prog show | jq --argjson map "$map" '[.[] |
		select(.name == "hf_ingress" and (.map_ids | index($map)))] |
		length'
}

upgrades() {
	mine=$HANDFASTD
	before=$(programs)
	assert_eq "a program for each interface" "$before" 2
	bg_cli load "$TOOLS/load" -d $SRV4 -p 80 -r $((300 / SLOW)) \
		-t $((12 * TIMES))
	bg_fld flood "$TOOLS/flood" -i f0 -d $SRV4_FLD -p 80 \
		-m "$(mac_of srv s1)" -r $((300000 / SLOW)) \
		-t $((11 * TIMES))
	wait_for 5 phase_is flood
	leave_and_start "$version" "$mine" "the same" 6
	leave_and_start 9.9.9 "$TMP/other/handfastd" "its own" 0
	leave_and_start "$version" "$mine" "its own" 0
	join load
	assert_eq "restart, upgrade, downgrade: all connect: $(cat \
		"$TMP/load.out")" $? 0
	join flood
	assert_ge "the flood was there" "$(counter syn_answered)" $((500000 / SLOW))
	assert_eq "the kernel was not asked" \
		"$(nstat_srv TcpExtSyncookiesSent)" 0
	assert_eq "programs were replaced, not added" "$(programs)" "$before"
}

ended_under_load() {
	bg_cli load "$TOOLS/load" -d $SRV4 -p 80 -r $((500 / SLOW)) -t 6
	wait_for 5 more_accepted
	end_daemon TERM
	join load
	assert_eq "SIGTERM under 500 connections/s: none failed: $(cat \
		"$TMP/load.out")" $? 0
	[ -e "/sys/fs/bpf/handfast/$HF_NAME" ]
	assert_eq "SIGTERM: nothing is left" $? 1
}

# build DIR MAKE-ARG...: a handfastd of its own, soon
build() {
	hf_dir=$1
	shift
	make -s -j"$(nproc)" -C "$HF_ROOT" B="$hf_dir" CFLAGS=-O0 "$@" \
		"$hf_dir/handfastd" >"$TMP/make.out" 2>&1 || cat "$TMP/make.out"
}

build_other_layout() {
	cp -r "$HF_ROOT/include" "$TMP/include"
	sed -i 's/\(HF_LAYOUT_VERSION\).*/\1 99/' \
		"$TMP/include/handfast/limits.h"
	build "$TMP/layout" CPPFLAGS="-I$TMP/include"
}

# Its maps are not ours to read; its hooks go all the same.
other_layout() {
	instance "$HF_NAME"
	# shellcheck disable=SC2086 # several words
	bg_srv handfastd "$TMP/layout/handfastd" -n "$HF_NAME" -i s0 \
		-o max_flows=65536 -o learn_s=0 -m always ${HF_OPTIONS:-}
	wait_for 15 xdp_is true
	assert_eq "layout 99: runs" "$(ls /sys/fs/bpf/handfast/"$HF_NAME")" v99
	hf_quiet status 2>"$TMP/status"
	assert_eq "layout 99: status says so" "$? $(cat "$TMP/status")" \
		"1 handfast: $HF_NAME: attached by another version, or not \
completely
try: handfast -n $HF_NAME detach --all"
	[ "$1" = dead ] && signal_daemon KILL
	[ "$1" = hangs ] && signal_daemon STOP
	hf_quiet detach --all
	assert_eq "layout 99, $1: detach --all" $? 0
	ls "/sys/fs/bpf/handfast/$HF_NAME" >/dev/null 2>&1
	assert_eq "layout 99, $1: no pin is left" $? 2
	assert_eq "layout 99, $1: no program is left" \
		"$(xdp_is true && echo yes || echo no)" no
	wait_for 5 is_gone "$(cat "$TMP/handfastd.pid")"
	assert_eq "layout 99, $1: no daemon is left" $? 0
	rm -f "$TMP/handfastd.pid"
}

xdp_is() {
	ip -n "hf-$$-srv" -j link show s0 |
		jq -e "(.[0].xdp != null) == $1" >/dev/null
}

more_accepted() {
	[ "$(counter ack_accepted)" -gt $((accepted + 100)) ]
}

net_up
net_flood_up
napi_on srv s0
napi_on srv s1
napi_on fld f0
build "$TMP/other" VERSION=9.9.9
assert_eq "another build" "$("$TMP/other/handfastd" -V)" "handfastd 9.9.9"
serve web -p 80 -b 4096
start_handfast -i s0 -i s1 -m always -o "$FLOOD"
version=$(hf_quiet status --json | jq -r .version)
upgrades
check_identities
accepted=$(counter ack_accepted)
ended_under_load
build_other_layout
other_layout alive
other_layout dead
other_layout hangs
summary
