#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_lint.sh: each linter of `make lint`, as one test.
set -u
passed=0
failed=0
for linter in $(make --no-print-directory linters); do
	if make --no-print-directory "$linter"; then
		passed=$((passed + 1))
		echo "ok   $linter"
	else
		failed=$((failed + 1))
		echo "FAIL $linter"
	fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
