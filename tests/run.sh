#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# run.sh TEST...: run the tests, each with its output in build/log/, and sum up.
# Exit 0 only if nothing failed and every skip is allowed by tests/skips.
#
# Most tests wait most of the time, so JOBS of them run side by side, and beside
# them one of those in tests/light, which hardly do anything else. One of those in
# tests/background and one of tests/idle, which wait for nothing but a processor, get
# what is left of it, the latter last; two emulated kernels at a time starve. Those
# in tests/prompt come after them, but beside those in tests/idle; then those in
# tests/alone, which need the machine for themselves. LAST, tests that look at what
# the others left, come at the end, and what they say is shown.
#
# A test ends with "N passed, N failed" or with libcheck's "N%: Checks: N,
# Failures: N, Errors: N"; status 77 is a skip. SANITIZED=1: those in
# tests/sanitized run by tests/asan.sh.
set -u
here=$(dirname "$0")
log=${B:-build}/log
jobs=${JOBS:-2}
export CK_VERBOSITY=verbose	# names of passed tests, for tests/rows.sh

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

# run_one TEST: its line, "PASSED FAILED SKIPPED" in build/log/NAME.sum, and what
# failed in build/log/NAME.failed
run_one() {
	name=$(name_of "$1")
	start=$(date +%s)
	is_in sanitized "$name" && [ -n "${SANITIZED:-}" ] &&
		set -- "$here/asan.sh" "$1"
	HF_RAISED=$(cd "$log" && pwd)/$name.raised "$@" >"$log/$name.log" 2>&1
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
	line=$(printf '%-4s %-20s %4d passed, %d failed, %d s' \
		"$([ "$bad" -eq 0 ] && echo ok || echo FAIL)" "$name" "$ok" \
		"$bad" "$seconds")
	echo "$line"
	[ "$bad" -eq 0 ] || {
		echo "$line"
		grep -A3 '^FAIL\|:[FE]:\|^SKIP\|rror' "$log/$name.log" |
			head -40
	} | tee "$log/$name.failed" | sed 1d
}

if [ "${1:-}" = --one ]; then
	run_one "$2"
	exit
fi

mkdir -p "$log"
rm -f "$log"/*.sum "$log"/*.failed "$log"/*.raised

# list_of NAME: the one in which the test stands, or `others`
list_of() {
	(cd "$here" && awk -v t="$1" '
		$1 == t { list = FILENAME }
		END { print list ? list : "others" }
	' light background idle prompt alone)
}

# in_list LIST TEST...: those of them that stand there
in_list() {
	list=$1
	shift
	for test; do
		[ "$(list_of "$(name_of "$test")")" = "$list" ] && echo "$test"
	done
}

in_list idle "$@" | xargs -r -n 1 chrt --idle 0 "$0" --one &
in_list background "$@" | xargs -r -n 1 nice -n 5 "$0" --one &
background=$!
in_list light "$@" | xargs -r -n 1 "$0" --one &
light=$!
in_list others "$@" | xargs -r -P "$jobs" -n 1 "$0" --one
wait $light $background
for test in $(in_list prompt "$@"); do
	run_one "$test"
done
wait
for test in $(in_list alone "$@"); do
	run_one "$test"
done
for test in ${LAST:-}; do
	run_one "$test"
	sed '$d' "$log/$(name_of "$test").log"
	set -- "$@" "$test"
done

# again, below all that passed
for failed in "$log"/*.failed; do
	[ ! -e "$failed" ] || cat "$failed"
done
cat "$log"/*.sum | awk -v tests=$# '
	{ ok += $1; bad += $2; skipped += $3 }
	END {
		bad += tests - NR	# those that left nothing
		printf "%d passed, %d failed, %d skipped\n", ok, bad, skipped
		exit bad > 0
	}'
