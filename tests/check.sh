# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# check.sh: assertions of tests that need no namespaces; those have tests/net/lib.sh.
# Source it, and end with `summary`.
passed=0
failed=0

# check NAME GOT WANT
check() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
		echo "ok   $1"
	else
		failed=$((failed + 1))
		echo "FAIL $1: got '$2', want '$3'"
	fi
}

summary() {
	echo "$passed passed, $failed failed"
	[ $failed -eq 0 ]
}
