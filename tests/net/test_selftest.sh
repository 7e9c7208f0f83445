#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_selftest.sh: `handfast selftest` finds this kernel good, leaves nothing
# behind, touches no interface; and finds what is broken.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

footprint() {
	# its own: other tests may run beside this one
	find /sys/fs/bpf/handfast /run/handfast -maxdepth 1 -name '*self-*' \
		2>/dev/null | sort
	ip -n "hf-$$-srv" -j link show | jq -c '[.[] | [.ifname, .xdp, .mtu]]'
	in_ns srv cat /proc/sys/net/ipv4/tcp_syncookies
	pgrep -fa 'handfastd -n self-'
}

good() {
	verdict="this machine: $HF_HANDOFF, all options kept"
	cases=21
	[ "$HF_HANDOFF" = reqsk ] || cases=10
	footprint >"$TMP/before"
	in_ns srv "$HANDFAST" selftest >"$TMP/selftest"
	assert_eq "selftest: exit 0" $? 0
	assert_eq "selftest: what this machine has" \
		"$(tail -n 1 "$TMP/selftest")" \
		"$verdict"
	assert_eq "selftest: every case passed" \
		"$(grep -c '^ok' "$TMP/selftest") $(grep -c '^FAIL' \
		"$TMP/selftest")" "$cases 0"
	in_ns srv "$HANDFAST" selftest --json >"$TMP/json"
	assert_eq "selftest --json" "$(jq -c '[.ok, (.tests | length),
		([.tests[] | select(.ok)] | length), .verdict]' "$TMP/json")" \
		"[true,$cases,$cases,\"$verdict\"]"
	footprint >"$TMP/after"
	assert_eq "selftest: as it was" "$(cat "$TMP/after")" \
		"$(cat "$TMP/before")"
}

# bpf(2) is refused: no daemon can start
bad() {
	setpriv --bounding-set -bpf,-sys_admin --inh-caps -bpf,-sys_admin \
		"$HANDFAST" selftest >"$TMP/bad" 2>&1
	assert_eq "selftest without rights: exit 1" $? 1
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$HANDFAST" selftest >"$TMP/bad" 2>&1
	assert_eq "selftest, not root: exit 1" $? 1
	assert_eq "selftest, not root: one line and a cure" \
		"$(cat "$TMP/bad")" "handfast: selftest: must be root
try: the same as root"
}

# Where the kernel cannot take a connection its handoff cannot be asked for.
no_reqsk() {
	in_ns srv "$HANDFASTD" -n "$HF_NAME" -i s0 -m always \
		-o handoff=reqsk 2>"$TMP/refused"
	assert_eq "reqsk, not in this kernel: exit 1" $? 1
	assert_eq "reqsk, not in this kernel: one line, a cure" \
		"$(cat "$TMP/refused")" "handfastd: kernel: lacks \
bpf_sk_assign_tcp_reqsk, which the reqsk handoff needs
try: --set handoff=auto"
}

net_up
good
bad
[ "$HF_HANDOFF" = reqsk ] || no_reqsk
summary
