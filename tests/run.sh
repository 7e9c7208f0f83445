#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# run.sh TEST...: run the tests, each with its output in build/log/, and sum up.
# Exit 0 only if nothing failed and every skip is allowed by tests/skips.
#
# Most tests wait most of the time, so JOBS of them run side by side; those in
# tests/alone need the machine for themselves and come after them. LAST, a test
# that looks at what the others left, comes at the end.
#
# A test ends with "N passed, N failed" or with libcheck's "N%: Checks: N,
# Failures: N, Errors: N"; status 77 is a skip.
set -u
here=$(dirname "$0")
log=${B:-build}/log
jobs=${JOBS:-2}

# numbers of one test's output: "PASSED FAILED"
numbers() {
	awk '
	/^[0-9]+ passed, [0-9]+ failed/ { ok += $1; bad += $3 }
	/^[0-9]+%: Checks: / {
		gsub(/,/, ""); ok += $3 - $5 - $7; bad += $5 + $7
	}
	END { print ok + 0, bad + 0 }' "$1"
}

# is_in LIST NAME: the first word of some line
is_in() {
	awk -v t="$2" '$1 == t { found = 1 } END { exit !found }' "$here/$1"
}

name_of() {
	echo "$(basename "$(dirname "$1")")-$(basename "$1" .sh)"
}

# run_one TEST: its line, and "PASSED FAILED SKIPPED" in build/log/NAME.sum
run_one() {
	name=$(name_of "$1")
	start=$(date +%s)
	HF_RAISED=$(cd "$log" && pwd)/$name.raised "$1" >"$log/$name.log" 2>&1
	status=$?
	seconds=$(($(date +%s) - start))
	# shellcheck disable=SC2046 # two words
	set -- $(numbers "$log/$name.log")
	ok=$1 bad=$2
	if [ $status -eq 77 ] && is_in skips "$name"; then
		echo "SKIP $name: $(grep ^SKIP "$log/$name.log")"
		echo "0 0 1" >"$log/$name.sum"
		return
	fi
	# a test that says nothing, or dies, has failed
	[ $status -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
	[ $((ok + bad)) -eq 0 ] && bad=1
	echo "$ok $bad 0" >"$log/$name.sum"
	printf '%-4s %-20s %4d passed, %d failed, %d s\n' \
		"$([ "$bad" -eq 0 ] && echo ok || echo FAIL)" "$name" "$ok" \
		"$bad" "$seconds"
	[ "$bad" -eq 0 ] || grep -A3 '^FAIL\|:[FE]:\|^SKIP\|rror' \
		"$log/$name.log" | head -40
}

if [ "${1:-}" = --one ]; then
	run_one "$2"
	exit
fi

mkdir -p "$log"
rm -f "$log"/*.sum "$log"/*.raised
for test in "$@"; do
	is_in alone "$(name_of "$test")" || echo "$test"
done | xargs -r -P "$jobs" -n 1 "$0" --one
for test in "$@"; do
	is_in alone "$(name_of "$test")" && run_one "$test"
done

if [ -n "${LAST:-}" ]; then
	run_one "$LAST"
	set -- "$@" "$LAST"
fi

cat "$log"/*.sum | awk -v tests=$# '
	{ ok += $1; bad += $2; skipped += $3 }
	END {
		bad += tests - NR	# those that left nothing
		printf "%d passed, %d failed, %d skipped\n", ok, bad, skipped
		exit bad > 0
	}'
