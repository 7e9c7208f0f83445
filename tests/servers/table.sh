#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# table.sh: after run.sh: the rows of the servers' tests as a table, on standard
# output and in build/servers.md, there also as mdoc(7) for handfast-hosts(7).
set -u
rows=${B:-build}/servers
out=$rows.md
number=$(cat "$rows"/*.rows 2>/dev/null | wc -l)

heads='server\ttimestamps\thandoff\tconnections\tfailed\tbytes each way'
heads="$heads\tp50\tp99\tSYNs again"

# lines: heads and rows, tab-separated; `plain` is the kernel alone
lines() {
	printf '%b\n' "$heads"
	awk -F'\t' -v OFS='\t' '{ $2 = $2 ? "yes" : "no"
		if ($3 == "plain")
			$3 = "none"
		if ($3 == "again")
			$3 = "none, again"
		print }' "$rows"/*.rows
}

text() {
	lines | awk -F'\t' '{ printf "%-26s %-10s %-11s %11s %6s %14s %9s %9s %10s\n",
		$1, $2, $3, $4, $5, $6, $7, $8, $9 }'
}

markdown() {
	lines | awk -F'\t' '{
		gsub(/\t/, " | ")
		print "| " $0 " |"
		if (NR == 1)
			print "|---|---|---|--:|--:|--:|--:|--:|--:|" }'
}

# two lines for each load: what the plain kernel takes, and the ratios
mdoc() {
	echo '.Bl -column "postgresql, transactions" "000.00" "000.00"' \
		'"0.00 0.00" "0.00 0.00" "0.00 0.00"'
	echo '.It Sy server Ta Sy p50 Ta Sy p99 Ta Sy again Ta Sy reqsk Ta Sy splice'
	awk -F'\t' '
	function line(load, timestamps) {
		return (timestamps ? load : "... no timestamps") " Ta " \
			time[load, timestamps] " Ta " \
			ratio[load, timestamps, "again"] " Ta " \
			ratio[load, timestamps, "reqsk"] " Ta " \
			ratio[load, timestamps, "splice"]
	}
	$3 == "plain" {
		if ($2)
			loads[++n] = $1
		time[$1, $2] = sprintf("%.2f Ta %.2f", $7, $8)
		next
	}
	{ ratio[$1, $2, $3] = sprintf("%.2f %.2f", $7, $8) }
	END {
		for (i = 1; i <= n; i++) {
			print ".It " line(loads[i], 1)
			print ".It " line(loads[i], 0)
		}
	}' "$rows"/*.rows
	echo .El
}

text
{
	echo "# Real servers behind handfast"
	echo
	echo "Linux $(uname -r), $(nproc) CPUs, $(date -u +%F). Handoff" \
		"\"none\" is the plain kernel; below its times are ratios to" \
		"those that it took by turns with them, of the plain kernel" \
		"itself once more first. All bytes were compared, but those of" \
		"iperf3, who counts them; its times are those of a whole run."
	echo
	markdown
	printf '\nFor handfast-hosts(7):\n\n```\n'
	mdoc
	printf '```\n'
} >"$out"
echo "the same as Markdown and mdoc(7): $out"
failed=$(awk -F'\t' '$5 || $6 == "DIFFERS"' "$rows"/*.rows | wc -l)
echo "$((number - failed)) passed, $failed failed"
[ "$number" -gt 0 ] && [ "$failed" -eq 0 ]
