#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# table.sh RESULTS JSON SECTION...: the table of the sections' figures beside
# their targets (tests/bench/rows), and the same as JSON. Status 1 if a figure
# is missing, or if a ratio became more than 5 % worse than the one in
# tests/bench/reference and that is more than its spread: make bench-reference.
set -u
here=$(dirname "$0")
results=$1
json=$2
shift 2

# tab-separated: key, what, value, unit, target, met or missed, note
join_rows() {
	awk -F'|' -v sections=" $* " '
	# how much worse it is than that, the smaller the better or not
	function worse(v, than, smaller) {
		return smaller ? v - than : than - v
	}
	function row(key, what, unit, target,	v, by, smaller, verdict) {
		v = (key in value) ? value[key] : ""
		split(target, t, " ")
		smaller = t[1] != ">="
		by = worse(v, t[2], smaller)
		if (v == "")
			verdict = "not measured"
		else if (v == "-")
			verdict = note[key]
		else if (t[2] == "")	# but the larger, the better
			verdict = ""
		else if (by <= 0)
			verdict = "met"
		else if (by <= spread[key])
			verdict = "not resolved"
		else
			verdict = sprintf("missed by %.4g%s", by,
				unit == "x" ? "" : " " unit)
		if (v + 0 && unit == "x" && (key in reference) &&
		    worse(v, reference[key], smaller) > spread[key] &&
		    worse(v, reference[key], smaller) > reference[key] / 20)
			verdict = verdict (verdict == "" ? "" : ", ") \
				"worse than " reference[key]
		printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", key, what, v, unit,
			t[2] == "" ? "" : target, verdict, spread[key]
	}
	FILENAME == ARGV[1] {
		split($0, word, " ")
		value[word[1]] = word[2]
		if (word[3] ~ /^~/)
			spread[word[1]] = substr(word[3], 2)
		sub(/^[^ ]+ [^ ]+ ?/, "")
		note[word[1]] = $0
		next
	}
	/^#/ { next }
	FILENAME == ARGV[2] {
		split($0, word, " ")
		reference[word[1]] = word[2]
		next
	}
	index(sections, " " substr($1, 1, index($1, ".") - 1) " ") {
		if ($1 !~ /%$/) {
			row($1, $2, $3, $4)
			next
		}
		n = split("1000 65536 1000000", flows, " ")
		split("1k 64k 1M", label, " ")
		split($4, t4, " ")
		for (i = 1; i <= n; i++)
			row(substr($1, 1, length($1) - 1) flows[i],
				$2 ", " label[i] " flows", $3,
				$4 == "" ? "" : t4[1] " " t4[i + 1])
	}' "$results" "$here/reference" "$here/rows"
}

print_table() {
	awk -F'\t' 'BEGIN {
		printf "%-58s %9s %-6s %s\n", "", "figure", "", "target"
	}
	{
		printf "%-58s %9s %-6s %-9s %s%s\n", $2, $3, $4, $5, $6,
			$7 == "" ? "" : " (~" $7 ")"
	}' "$1" | sed 's/ *$//'
}

print_json() {
	jq -Rn --arg kernel "$(uname -r)" --arg cpus "$(nproc)" '
	def number: tonumber? // null;
	{ kernel: $kernel, cpus: ($cpus | tonumber), rows: [ inputs |
		split("\t") | { key: .[0], what: .[1],
			value: (.[2] | number), unit: .[3],
			target: (if .[4] == "" then null else .[4] end),
			verdict: (if .[5] == "" then null else .[5] end),
			spread: (.[6] | number) } ] }' "$1"
}

rows=$(mktemp) || exit 1
trap 'rm -f "$rows"' EXIT
join_rows "$@" >"$rows"
print_table "$rows"
print_json "$rows" >"$json" || exit 1
echo "the same as JSON: $json"
! grep -q -e '	not measured	' -e 'worse than' "$rows"
