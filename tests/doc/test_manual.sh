#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_manual.sh: the manual says what the program says: keys, counters and options
# are those of its tables, requirements are there once, the tests that they name
# exist, configurations in it are such that handfastd takes them, and mandoc finds
# nothing wrong with a page.
set -u
here=$(dirname "$0")
man=$here/../../user/man
page=$man/handfast-tcp.7
handfastd=${HANDFASTD:-$here/../../build/handfastd}
# shellcheck source=tests/check.sh
. "$here/../check.sh"

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
check "handfast.conf(5): each key, its default and meaning" \
	"$("$handfastd" --help | awk -f "$here/keys.awk")" \
	"$(grep '^\.It Ic .* Ta .* Ta .* Ta ' "$man/handfast.conf.5")"
check "handfastd(8): each option" \
	"$(sed -n 's/^\.It Fl \(. , \)\?\(-[a-z-]*\).*/-\2/p' "$man/handfastd.8")" \
	"$("$handfastd" --help | grep -o '^  \(-., \|    \)--[a-z-]*' |
		grep -o -- '--.*')"

check "handfastd(8): each field of the journal" \
	"$(sed -n '/^\.Sh THE JOURNAL/,/^\.El/s/^\.It Va //p' "$man/handfastd.8" |
		sort)" \
	"$(grep -ho '"\(HANDFAST_[A-Z_]*\|MESSAGE_ID\)"' \
		"$here/../../user/lib/log.c" \
		"$here/../../user/daemon/incident_log.c" | tr -d '"' |
		grep -v DEBUG | sort -u)"
check "handfastd(8): each MESSAGE_ID" \
	"$(sed -n '/^\.Sh THE JOURNAL/,/^\.El/s/^\([0-9a-f]\{32\}\) .*/\1/p' \
		"$man/handfastd.8")" \
	"$(grep -o '"[0-9a-f]\{32\}"' "$here/../../user/daemon/incident_log.c" |
		tr -d '"')"

# the counters, "NAME MEANING" of each: by the table, and by the page
by_table() {
	sed -n 's/^\tX([A-Z0-9_]*, \([a-z0-9_]*\), "\(.*\)") \\$/\1 \2/p' \
		"$here/../../include/handfast/counter.h" | sort
}

by_page() {
	awk 'name { sub(/^\\&/, ""); sub(/\.$/, ""); print name, $0; name = "" }
		/^\.It Va / { name = $3 }' "$man/handfast-counters.7" | sort
}

check "every row of the table of counters is read" "$(by_table | wc -l)" \
	"$(grep -c '^	X(' "$here/../../include/handfast/counter.h")"
check "handfast-counters(7): each counter, once, and its meaning" \
	"$(by_page)" "$(by_table)"

for file in "$man"/*.[578]; do
	check "$(basename "$file"): mandoc is content" \
		"$(mandoc -T lint -W warning "$file" 2>&1)" ""
done

# what the pages show as a file, each into a file of its own
dir=$(mktemp -d)
awk -v dir="$dir" '
	/^\.Bd -literal/ { text = ""; of_file = 0; next }
	/^\.Ed/ && of_file { printf "%s", text > dir "/" ++n ".conf" }
	/^\[handfast\]/ { of_file = 1 }
	{ text = text $0 "\n" }' "$man"/*.[578]
check "the pages show configurations" "$(find "$dir" -name '*.conf' | wc -l)" 4
for conf in "$dir"/*.conf; do
	said=$("$handfastd" -t -c "$conf" 2>&1)
	check "the configuration that has $(sed -n '2{s/ = / /;p}' "$conf")" \
		"$? $said" "0 "
done
rm -r "$dir"
summary
