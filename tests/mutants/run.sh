#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# run.sh [--check | NAME...]: break one line at a time and see that the test
# which is there for it turns red. Each row of the list `rows` is a mistake that
# could have been made, and says which test must notice. All rows, or those
# whose names contain some NAME. Not part of `make check`.
#
# --check only reads the list: does each row apply, once, and is there its test?
# Nothing is built. Code that moves leaves rows behind: they are errors of the
# list, named and counted apart.
#
# Exit 0 only if each mutant was seen by its test and the list has no error.
#
# Runs in a scratch copy of the tree, built once; a mutant builds what its file
# changes. Root, but for those of tests/unit. JOBS: commands of make at a time.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
killed=0 survived=0
green=''

# The list, by rows.awk: its rows that apply, or with row=NAME a broken file.
read_list() {
	awk -v row="${1:-}" -f tests/mutants/rows.awk tests/mutants/rows
}

# of a row's test: $file and its $args, $name
read_test() {
	name=${1#*: }
	args=${1%%: *}
	file=${args%% *}
	args=${args#"$file"}
}

# Without sanitizers: it is the tests that are on trial.
build() {
	make --no-print-directory -j "${JOBS:-1}" SANITIZE= CFLAGS=-O1 "$@" \
		>"$work/log" 2>&1
}

# What the test needs; $file decides.
make_test() {
	case $file in
	tests/unit/*) build "build/${file%.c}" ;;
	tests/prog/*) build build/tests/prog/test_ingress ;;
	*) build all static tools build/tests/decode build/tests/xdp_pass.bpf.o ;;
	esac
}

tcase_of() {
	sed -n 's/.*tcase_create("\(.*\)").*/\1/p' "$1"
}

run_test() {
	case $file in
	tests/unit/*) set -- "build/${file%.c}" ;;
	tests/prog/*) set -- env CK_RUN_CASE="$(tcase_of "$file")" \
		build/tests/prog/test_ingress ;;
	*)
		# shellcheck disable=SC2086 # words
		set -- "$file" $args
		;;
	esac
	HF_OPTIONS=$options timeout 600 "$@" >"$work/log" 2>&1
}

# Is the test that was named among those that failed?
named_is_red() {
	case $file in
	*.c) grep -q ":[FE]:[^:]*:$name:" "$work/log" ;;
	*) grep -qF "FAIL $name" "$work/log" ;;
	esac
}

# With the right tree they are green, or its red would say nothing.
check_green() {
	case $green in
	*"<$options$file$args>"*) return 0 ;;
	esac
	make_test && run_test && green="$green<$options$file$args>"
}

survives() {
	survived=$((survived + 1))
	echo "SURVIVED $1${2:+: $2}"
	[ -z "${2:-}" ] || tail -n 5 "$work/log"
}

# In the scratch copy, where the line is broken.
mutant() {
	if ! make_test; then
		survives "$1" "does not compile"
	elif run_test; then
		survives "$1"
	elif named_is_red; then
		killed=$((killed + 1))
		echo "killed $1 by $name"
	else
		survives "$1" "red, but not $name"
	fi
}

# break_line ROW FILE: and mend it. Written, not moved: make goes by the time.
break_line() {
	cp "$2" "$work/right" && read_list "$1" >"$work/broken" &&
		cat "$work/broken" >"$2" || exit 1
	mutant "$1"
	cat "$work/right" >"$2" || exit 1
}

# wanted ROW [NAME...]
wanted() {
	one=$1
	shift
	[ $# -gt 0 ] || return 0
	for some; do
		case $one in
		*"$some"*) return 0 ;;
		esac
	done
	return 1
}

cd "$top" || exit 1
read_list >"$work/list" 2>"$work/errors"
errors=$(wc -l <"$work/errors")
cat "$work/errors" >&2
if [ "${1:-}" = --check ]; then
	echo "$(wc -l <"$work/list") rows apply, $errors errors of the list"
	[ "$errors" -eq 0 ] && [ -s "$work/list" ]
	exit
fi

cp -R Makefile bpf include tests user vmlinux "$work" || exit 1
cd "$work" || exit 1
exec 3<list
while IFS='	' read -r row broken test options <&3; do
	wanted "$row" "$@" || continue
	read_test "$test"
	if check_green; then
		break_line "$row" "$broken"
	else
		survives "$row" "$test is red without it"
	fi
done
echo "$killed killed, $survived survived, $errors errors of the list"
[ $survived -eq 0 ] && [ $killed -gt 0 ] && [ "$errors" -eq 0 ]
