#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# format.sh [--check] FILE...: clang-format in place, or say what it would
# change and exit 1.
#
# clang-format knows no tab before a comment at the end of a line, or before
# the value of a macro. So a line that differs only by blanks inside from one
# that was there before, with the same indentation, stays as that was.
set -u
check=false bad=0
[ "$1" = --check ] && check=true && shift
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

for file; do
	clang-format-19 "$file" >"$work/new" || exit 1
	awk '
	function key(line) {
		match(line, /^[ \t]*/)
		indent = substr(line, 1, RLENGTH)
		line = substr(line, RLENGTH + 1)
		gsub(/[ \t]+/, " ", line)
		return indent line
	}
	NR == FNR { k = key($0); old[k, ++last[k]] = $0; next }
	{ k = key($0); i = ++used[k]; print (k, i) in old ? old[k, i] : $0 }
	' "$file" "$work/new" >"$work/kept" || exit 1
	cmp -s "$file" "$work/kept" && continue
	if $check; then
		diff -u "$file" "$work/kept"
		bad=1
	else
		cat "$work/kept" >"$file"
	fi
done
exit $bad
