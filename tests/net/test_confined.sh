#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_confined.sh: a daemon that is started with less than a machine has, as units
# and containers do: without a capability, with /proc/sys, /sys or the bpffs
# read-only, without a bpffs. It works, or says in one line what is missing and in
# another one what helps, and has attached nothing.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

BUILT=$HANDFASTD
NEEDED="bpf net_admin net_raw perfmon"

# by COMMAND...: runs the daemon from now on
by() {
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$*" "$BUILT" >"$TMP/by"
	chmod +x "$TMP/by"
	HANDFASTD=$TMP/by
}

# mounted COMMANDS: the same, in a mount namespace where they have run
mounted() {
	by unshare --mount sh -c "'$1 && exec \"\$@\"' sh"
}

started() {
	start_handfast -i s0 -x generic -m always -o drain_s=0
}

# refused NAME WHAT CURE
refused() {
	in_ns srv timeout $((10 * ${HF_SLOW:-1})) "$HANDFASTD" -n "$HF_NAME" \
		-i s0 -x generic -m always -o max_flows=65536 2>"$TMP/refused"
	assert_eq "$1: exit 1" $? 1
	assert_eq "$1: says what is missing, and what helps" \
		"$(cat "$TMP/refused")" "handfastd: $2
try: $3"
	assert_eq "$1: nothing is attached" "$(in_ns srv ip -j link show s0 |
		jq '.[0].xdp.prog') $(find /sys/fs/bpf/handfast /run/handfast \
		-path "*/$HF_NAME*" 2>/dev/null)" "null "
}

# works NAME: to the end
works() {
	started
	connects "$1" 20 20
	hf detach --all --now
	assert_eq "$1: detached" $? 0
	join handfastd
	assert_eq "$1: the daemon's exit status" $? 0
}

without_one() {
	for lost in $NEEDED; do
		by setpriv --inh-caps=-all --bounding-set="-$lost"
		refused "without CAP_$lost" "capabilities: lacks CAP_$(echo "$lost" |
			tr '[:lower:]' '[:upper:]')" "$cure"
	done
	by setpriv --inh-caps=-all --bounding-set=-all
	refused "without any" "capabilities: lacks CAP_BPF, CAP_NET_ADMIN, \
CAP_NET_RAW, CAP_PERFMON" "$cure"
	[ "$HF_HANDOFF" = reqsk ] || {
		by setpriv --inh-caps=-all --bounding-set=-sys_admin
		refused "without CAP_SYS_ADMIN" "capabilities: lacks \
CAP_SYS_ADMIN, needed before Linux 6.9" "$(echo "$cure" |
			sed 's/ in its/ CAP_SYS_ADMIN&/')"
	}
	in_ns srv setpriv --inh-caps=-all --bounding-set=-perfmon,-net_raw \
		"$HANDFAST" doctor >"$TMP/doctor"
	assert_eq "doctor says so" "$(grep -c \
		'root here lacks CAP_NET_RAW, CAP_PERFMON' "$TMP/doctor")" 1
}

# A daemon without the right ones leaves what runs as it is.
not_taken_over() {
	HANDFASTD=$BUILT
	started
	end_daemon USR2
	by setpriv --inh-caps=-all --bounding-set=-bpf
	in_ns srv "$HANDFASTD" -n "$HF_NAME" -i s0 2>/dev/null
	assert_eq "the next one lacks CAP_BPF: exit 1" $? 1
	connects "..., and nothing has changed" 20 20
	hf detach --all --now
}

# what each command makes of the mount namespace
PROC='mount -o bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys'
SYS='mount -o remount,bind,ro /sys'
PINS='mount -o bind /sys/fs/bpf /sys/fs/bpf && mount -o remount,bind,ro /sys/fs/bpf'

read_only() {
	mounted "$PROC"
	works "/proc/sys is read-only"
	mounted "$SYS"
	works "/sys is read-only"
	mounted "$PINS"
	remount="mount -o remount,rw /sys/fs/bpf"
	refused "the bpffs is read-only" "/sys/fs/bpf: Read-only file system" \
		"$remount"
	mounted "$PINS && $remount"
	works "the bpffs is read-only, with what helps"
}

xdp_is_gone() {
	[ "$(in_ns srv ip -j link show s0 | jq '.[0].xdp.prog')" = null ]
}

# What the systemd unit leaves of capabilities and of /sys and /proc/sys.
as_the_unit() {
	unit=$(dirname "$0")/../../user/systemd/handfast.service.in
	left=$(sed -n 's/^CapabilityBoundingSet=//p' "$unit" |
		sed 's/CAP_/+/g' | tr 'A-Z ' 'a-z,')
	assert_eq "the unit makes these read-only" \
		"$(sed -n 's/^ReadOnlyPaths=//p' "$unit")" "/sys /proc/sys"
	by unshare --mount sh -c "'$PROC && $SYS && exec setpriv \
		--inh-caps=-all --bounding-set=-all,$left --no-new-privs \"\$@\"' sh"
	works "with what the unit leaves"
}

# As in a container: process 1 is another one. What it mounts ends with it.
no_bpffs() {
	by unshare --mount --pid --fork --kill-child --mount-proc sh -c \
		"'umount -l /sys/fs/bpf && exec \"\$@\"' sh"
	started
	connects "no bpffs: one is mounted" 20 20
	end_daemon KILL		# of unshare; its child follows
	wait_for 10 flock -n "/run/handfast/$HF_NAME.lock" true
	wait_for 10 xdp_is_gone
	assert_eq "no bpffs: killed, nothing is left" $? 0
	by unshare --mount --pid --fork --kill-child --mount-proc sh -c \
		"'umount -l /sys/fs/bpf && exec setpriv --inh-caps=-all \
		--bounding-set=-sys_admin \"\$@\"' sh"
	refused "no bpffs, and no right to mount one" \
		"/sys/fs/bpf: no bpffs, and none can be mounted" \
		"mount -t bpf bpf /sys/fs/bpf"
}

net_up
serve web -p 80 -b 1024
cure="CapabilityBoundingSet=CAP_BPF CAP_NET_ADMIN CAP_NET_RAW CAP_PERFMON in its \
unit, or --cap-add of its container"
without_one
not_taken_over
read_only
as_the_unit
no_bpffs
summary
