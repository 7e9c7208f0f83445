#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_manual.sh: the manual's table has every requirement once, the tests that
# it names exist, and its configuration is one that handfastd takes.
set -u
here=$(dirname "$0")
page=$here/../../user/man/handfast-tcp.7
handfastd=${HANDFASTD:-$here/../../build/handfastd}
passed=0
failed=0

check() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
		echo "ok   $1"
	else
		failed=$((failed + 1))
		echo "FAIL $1: got '$2', want '$3'"
	fi
}

# "ID TEST..." for each row of the table
rows() {
	awk '/^\.It S[0-9]+ Ta / { id = $2 }
		/^\.It (S[0-9]+ )?Ta / && id {
			sub(/.* Ta /, ""); print id, $0 }
		/^\.El/ { id = "" }' "$page"
}

# the tests that are named and are nowhere
missing() {
	rows | cut -d ' ' -f 2- | tr ' ' '\n' | sed 's/\*$//' | grep '^test_' |
		sort -u | while read -r name; do
		find "$here/.." -name "$name" -o -name "$name.c" | grep -q . ||
			echo "$name"
	done
}

check "72 requirements, each once" \
	"$(grep -c '^\.It S[0-9]* Ta ' "$page") $(rows | cut -d ' ' -f 1 |
		sort -u | grep -c .)" "72 72"
check "tests that do not exist" "$(missing)" ""
check "S66: what was wrong is corrected" \
	"$(grep -c '^\.Sh CORRECTIONS' "$page")" 1
check "rows without a test" "$(rows | grep -v test_ | tr '\n' ',')" \
	"S32 the kernel,S66 this page,"
check "handfast(8): each key of the configuration, its default and meaning" \
	"$("$handfastd" --help | awk -f "$here/keys.awk")" \
	"$(grep '^\.It Ic .* Ta .* Ta .* Ta ' "$here/../../user/man/handfast.8")"
conf=$(mktemp)
sed -n '/^\[handfast\]/,/^\.Ed/p' "$page" | sed '/^\.Ed/d' >"$conf"
"$handfastd" -t -c "$conf"
check "the configuration in it" $? 0
rm "$conf"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
