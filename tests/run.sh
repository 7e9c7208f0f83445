#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# run.sh: run the tests given as arguments, one after the other, each with its
# output in build/log/, and sum up. Exit 0 only if nothing failed and every
# skip is allowed by tests/skips.
#
# A test ends with "N passed, N failed" or with libcheck's "N%: Checks: N,
# Failures: N, Errors: N"; status 77 is a skip.
set -u
here=$(dirname "$0")
log=${B:-build}/log
passed=0
failed=0
skipped=0
mkdir -p "$log"

# numbers of one test's output: "PASSED FAILED"
numbers() {
	awk '
	/^[0-9]+ passed, [0-9]+ failed/ { ok += $1; bad += $3 }
	/^[0-9]+%: Checks: / {
		gsub(/,/, ""); ok += $3 - $5 - $7; bad += $5 + $7
	}
	END { print ok + 0, bad + 0 }' "$1"
}

allowed() {
	awk -v t="$1" '$1 == t { found = 1 } END { exit !found }' "$here/skips"
}

for test in "$@"; do
	name=$(basename "$(dirname "$test")")-$(basename "$test" .sh)
	start=$(date +%s)
	"$test" >"$log/$name.log" 2>&1
	status=$?
	seconds=$(($(date +%s) - start))
	# shellcheck disable=SC2046 # two words
	set -- $(numbers "$log/$name.log")
	ok=$1 bad=$2
	if [ $status -eq 77 ] && allowed "$name"; then
		skipped=$((skipped + 1))
		echo "SKIP $name: $(grep ^SKIP "$log/$name.log")"
		continue
	fi
	# a test that says nothing, or dies, has failed
	[ $status -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
	[ $((ok + bad)) -eq 0 ] && bad=1
	passed=$((passed + ok))
	failed=$((failed + bad))
	printf '%-4s %-20s %4d passed, %d failed, %d s\n' \
		"$([ "$bad" -eq 0 ] && echo ok || echo FAIL)" "$name" "$ok" \
		"$bad" "$seconds"
	[ "$bad" -eq 0 ] || grep -A3 '^FAIL\|:[FE]:\|^SKIP\|rror' \
		"$log/$name.log" | head -40
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
