#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_static.sh: what `make static` builds runs where there is a kernel and nothing
# else: /dev/null, /proc, /sys with its bpffs, an empty /run, and the two programs.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

BUILT=$HF_ROOT/build/static
DYNAMIC=$HANDFAST

# alone PROGRAM: a script in $TMP that runs it with $TMP/root as its /. Mounts go with
# it; what it writes there stays.
alone() {
	cat >"$TMP/$1" <<-END
		#!/bin/sh
		exec unshare --mount --propagation private sh -c '
			cd "$TMP/root" && mount --bind /dev/null dev/null &&
			mount -t proc proc proc && mount -t sysfs sys sys &&
			mount --bind /sys/fs/bpf sys/fs/bpf &&
			exec chroot . /$1 "\$@"' sh "\$@"
	END
	chmod +x "$TMP/$1"
}

make_root() {
	mkdir "$TMP/root" "$TMP/root/dev" "$TMP/root/proc" "$TMP/root/sys" \
		"$TMP/root/run" "$TMP/root/etc"
	: >"$TMP/root/dev/null"
	cp "$BUILT/handfast" "$BUILT/handfastd" "$TMP/root" || exit 1
	alone handfast
	alone handfastd
	HANDFAST=$TMP/handfast HANDFASTD=$TMP/handfastd
}

needs_nothing() {
	for built in handfast handfastd; do
		assert_eq "$built: no interpreter, no library" "$(readelf -ldW \
			"$BUILT/$built" | grep -c 'INTERP\|NEEDED')" 0
	done
	assert_eq "version" "$(hf_quiet version)" "$("$DYNAMIC" version)"
	srv "$HANDFASTD" --test
	assert_eq "handfastd --test: exit 0" $? 0
}

# /etc/group alone is asked.
groups() {
	srv "$HANDFASTD" --test -o control_group=watchers 2>"$TMP/err"
	assert_eq "control_group without /etc/group: exit 1" $? 1
	assert_eq "... says so" "$(grep -c 'no such group' "$TMP/err")" 1
	printf 'root:x:0:\nwatchers:x:4711:\n' >"$TMP/root/etc/group"
	srv "$HANDFASTD" --test -o control_group=watchers
	assert_eq "control_group in /etc/group: exit 0" $? 0
}

# No terminal is described anywhere.
no_terminal() {
	in_ns srv timeout 60 script -qec "TERM=xterm $HANDFAST -n $HF_NAME top; \
		echo exit=\$?" /dev/null </dev/null >"$TMP/top" 2>&1
	assert_eq "top without terminfo: exit 1" \
		"$(grep -c '^exit=1' "$TMP/top")" 1
	assert_eq "top without terminfo: why, and what helps" \
		"$(tr -d '\r' <"$TMP/top" | grep -c -e '(TERM) is not known' \
			-e '^try: handfast top --batch 1$')" 2
	hf_quiet top --batch 1 | grep -q '^handfast.*: armed'
	assert_eq "top --batch 1" $? 0
}

left() {
	find "/sys/fs/bpf/handfast/$HF_NAME" "$TMP/root/run/handfast" \
		-name "*$HF_NAME*" 2>/dev/null
	in_ns srv ip -j link show s0 | jq '.[0].xdp // empty'
}

daemon() {
	start_handfast -i s0 -m always -o drain_s=0 \
		-o control_group=watchers -o metrics=127.0.0.1:9477
	connects "always" 20 20
	assert_eq "the socket is the group's" "$(stat -c %g \
		"$TMP/root/run/handfast/$HF_NAME.sock")" 4711
	assert_eq "metrics" "$(srv curl -s http://127.0.0.1:9477/metrics |
		grep -c '^handfast_up')" 1
	no_terminal
	end_daemon KILL
	start_handfast -i s0 -m always -o drain_s=0
	connects "another daemon" 20 20
	hf detach --all --now
	assert_eq "detached" $? 0
	join handfastd
	assert_eq "the daemon's exit status" $? 0
	assert_eq "nothing is left" "$(left)" ""
}

# handfast finds the daemon beside itself.
background() {
	hf attach s0 -m always
	assert_eq "attach: exit 0" $? 0
	hf_quiet status >/dev/null
	assert_eq "attach: armed" $? 0
	hf detach --all --now
	assert_eq "attach, then detached: nothing is left" "$(left)" ""
}

tries_itself() {
	hf_quiet selftest >"$TMP/selftest" 2>&1
	assert_eq "selftest: exit 0" $? 0 || cat "$TMP/selftest"
}

net_up
instance "$HF_NAME"
serve web -p 80
make_root
needs_nothing
groups
daemon
background
tries_itself
summary
