#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# run.sh [SECTION...]: run the benchmarks, those named or the first eleven (cost live
# synack flooded connect calm switch throughput splice flows takeover; attacked
# endurance), one after the other; then one table of them. A missed target is no
# failure: status 1 means that something could not be measured, or became worse
# (table.sh).
set -u
here=$(dirname "$0")
build=${B:-build}
[ $# -gt 0 ] || set -- cost live synack flooded connect calm switch throughput \
	splice flows takeover
RESULTS=$(mktemp) || exit 1
export RESULTS
trap 'rm -f "$RESULTS"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
bad=0
began=$(date +%s)
for section; do
	echo "== $section"
	start=$(date +%s)
	if [ "$section" = cost ]; then
		"$build/tests/prog/test_cost" --results "$RESULTS" &&
			"$build/tests/prog/test_cost" --handoff splice \
				--results "$RESULTS"
	else
		"$here/$section.sh"
	fi || bad=1
	echo "$section: $(($(date +%s) - start)) s"
done
echo "all: $(($(date +%s) - began)) s"
echo
"$here/table.sh" "$RESULTS" "$build/bench.json" "$@" || bad=1
exit $bad
