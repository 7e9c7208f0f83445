# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# keys.awk: the keys of the configuration, from `handfastd --help`, as the rows
# that the table of handfast.conf(5) has.
/^Keys of / { inside = 1; next }
/^Off again/ { inside = 0 }
inside && /^[* ][! ] [a-z]/ {
	marks = substr($0, 1, 2)
	text = substr($0, 4)
	name = text
	sub(/ .*/, "", name)
	sub(/^[a-z0-9_]+ */, "", text)
	standard = ""
	if (match(text, /^\[[^]]*\]/)) {
		standard = substr(text, 2, RLENGTH - 2)
		text = substr(text, RLENGTH + 1)
	}
	sub(/^ */, "", text)
	gsub(/ /, "", marks)
	print ".It Ic " name " Ta " (standard == "" ? "-" : standard) " Ta " \
		(marks == "" ? "-" : marks) " Ta " text
}
