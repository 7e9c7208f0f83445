#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# raised.sh: after run.sh: is there a counter that no test raised? Then nobody
# knows that its reason can happen, and that it is counted. tests/unraised has
# those that no test can raise, with the reason.
set -u
here=$(dirname "$0")
log=${B:-build}/log

names() {
	sed -n 's/^	X([A-Z0-9_]*, \([a-z0-9_]*\),.*/\1/p' \
		"$here/../include/handfast/counter.h" | sort
}

exempt() {
	awk -v n="$1" '$1 == n { found = 1 } END { exit !found }' \
		"$here/unraised"
}

never=$(names | while read -r name; do
	exempt "$name" && continue
	cat "$log"/*.raised | grep -qx "$name" || echo "$name"
done)
nr=$(names | wc -l)
if [ -n "$never" ]; then
	echo "FAIL counters that no test raised: $(echo "$never" | tr '\n' ' ')"
	echo "0 passed, 1 failed"
	exit 1
fi
echo "ok   each of $nr counters was raised by a test"
echo "1 passed, 0 failed"
