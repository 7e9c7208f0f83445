#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# rows.sh: after run.sh: the table of handfast-tcp(7), each requirement with
# the tests that passed for it. A row without one fails, and so does a row of
# which a test failed.
#
# A test carries the numbers of its requirements in its name: s8_s9_rst_... of
# libcheck, "ok   S48 S63: ..." of a script
# or of a row of a table.
set -u
here=$(dirname "$0")
log=${B:-build}/log
page=$here/../user/man/handfast-tcp.7

# "ID passed|failed FILE", for each number that a test carries
carried() {
	awk '
	FNR == 1 {
		file = FILENAME
		sub(/.*\//, "", file)
		sub(/^[a-z]*-/, "", file)
		sub(/\.log$/, "", file)
	}
	/^(ok  |FAIL) / {
		how = $1 == "ok" ? "passed" : "failed"
		for (i = 2; i <= NF; i++)
			if ($i ~ /^S[0-9]+:?$/) {
				id = $i
				sub(/:/, "", id)
				print id, how, file
			}
	}
	/^[^ ]*:[0-9]+:[PFE]:/ {
		split($0, part, ":")
		n = split(part[5], word, "_")
		for (i = 1; i <= n && word[i] ~ /^s[0-9]+$/; i++)
			print toupper(word[i]), (part[3] == "P" ? \
				"passed" : "failed"), file
	}' "$log"/*.log
}

# "ID BEHAVIOUR" of the page
wanted() {
	awk '/^\.It S[0-9]+ Ta / {
		id = $2
		sub(/^\.It S[0-9]+ Ta /, "")
		sub(/ Ta .*/, "")
		print id, $0
	}' "$page"
}

{ carried; echo; wanted; } | awk '
	!NF { rows = 1; next }
	!rows && $2 == "failed" { failed[$1]++; next }
	!rows {
		if (!n[$1, $3]++)
			files[$1] = files[$1] " " $3
		next
	}
	{
		id = $1
		sub(/^[^ ]* /, "")
		line = ""
		nr = split(files[id], file, " ")
		for (i = 1; i <= nr; i++)
			line = line " " file[i] " " n[id, file[i]]
		good = nr && !failed[id]
		passed += good
		bad += !good
		if (failed[id])
			line = " " failed[id] " failed"
		printf "%-4s %-4s %-34s%s\n", (good ? "ok" : "FAIL"), id, $0,
			(nr ? line : " no test")
	}
	END {
		printf "%d passed, %d failed\n", passed, bad
		exit bad > 0 || !passed
	}'
