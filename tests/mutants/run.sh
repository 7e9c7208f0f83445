#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# run.sh [NAME...]: break one line at a time and see that the test which is
# there for it turns red. Each patch beside this file is a mistake that could
# have been made; its first lines say which test must notice:
#
#	# test: FILE [ARG...]: NAME
#	# options: HF_OPTIONS for FILE, if it needs some
#	# what is broken
#
# NAME is a function of a C file, or how an assertion of a script begins. All
# patches, or those whose file names contain some NAME. Not part of `make check`.
# Exit 0 only if each one was seen by its test.
#
# Runs in a scratch copy of the tree, built once; a mutant builds what its file
# changes. Root, but for those of tests/unit. JOBS: commands of make at a time.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$(mktemp -d) || exit 1
export GIT_CEILING_DIRECTORIES="$work/.."	# nobody's repository
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
killed=0 survived=0
green=''

# field PATCH KEY: the rest of the line "# KEY: "
field() {
	sed -n "s/^# $2: //p" "$here/$1.patch"
}

# of a patch: $file and its $args, $name, $options
read_patch() {
	test=$(field "$1" test)
	name=${test#*: }
	args=${test%%: *}
	file=${args%% *}
	args=${args#"$file"}
	options=$(field "$1" options)
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
	*) build all tools build/tests/decode build/tests/xdp_pass.bpf.o ;;
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

# In the scratch copy, where the patch is applied.
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

# wanted PATCH [NAME...]
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
cp -R Makefile bpf include tests user vmlinux "$work" || exit 1
cd "$work" || exit 1
for patch in "$here"/*.patch; do
	patch=$(basename "$patch" .patch)
	wanted "$patch" "$@" || continue
	read_patch "$patch"
	if ! check_green; then
		survives "$patch" "$test is red without it"
	elif ! git apply "$here/$patch.patch"; then
		survives "$patch" "does not apply any more"
	else
		mutant "$patch"
		git apply -R "$here/$patch.patch" || exit 1
	fi
done
echo "$killed killed, $survived survived"
[ $survived -eq 0 ] && [ $killed -gt 0 ]
