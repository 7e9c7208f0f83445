#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# asan.sh TEST: the test against the daemon and the CLI with sanitizers, from
# build/asan. A report of whatever process fails it, also where the test did
# not look: libasan writes to files, libubsan into the output.
set -u
asan=$(cd "${B:-build}/asan" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

HANDFAST=$asan/handfast HANDFASTD=$asan/handfastd KEEP=1 TMPDIR=$work \
	ASAN_OPTIONS=log_path=$work/asan UBSAN_OPTIONS=print_stacktrace=1 \
	"$@" >"$work/output" 2>&1
status=$?
cat "$work/output"
if grep -r -A8 'runtime error:\|Sanitizer:' "$work"; then
	echo "FAIL sanitizers report nothing"
	echo "0 passed, 1 failed"
	exit 1
fi
exit $status
