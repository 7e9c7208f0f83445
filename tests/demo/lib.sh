# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# lib.sh: what the demos share: pages fetched by curl in `cli` under a SYN flood
# from `fld`, and what is seen of it meanwhile.
#
# A demo sets DEMO_FLOOD_TO, an address of the server's side, and may define
# beside(), which prints what else is to be seen in the line of progress.
HF_ROOT=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/net/lib.sh
. "$HF_ROOT/tests/net/lib.sh"

FLOOD=300000	# SYN/s
SECONDS_EACH=10

say() {
	printf '\n\033[1m%s\033[0m\n' "$*"
}

beside() {
	:
}

# fetch: pages with curl for SECONDS_EACH; how many came and failed: good, bad
fetch() {
	good=0
	bad=0
	hf_clock
	end=$((hf_now + SECONDS_EACH * 100))
	next=0
	while hf_clock && [ "$hf_now" -lt "$end" ]; do
		if in_ns cli curl -s -m 2 -o /dev/null "http://$SRV4/"; then
			good=$((good + 1))
		else
			bad=$((bad + 1))
		fi
		[ "$hf_now" -lt "$next" ] && continue
		next=$((hf_now + 200))
		progress
	done
}

progress() {
	printf '  pages fetched %-5d failed %-4d' "$good" "$bad"
	[ -e "$TMP/handfastd.pid" ] &&
		hf_quiet counters --json | jq -jr '.counters |
			"  syn_answered \(.syn_answered)  ack_accepted \(.ack_accepted)"'
	beside
	echo
}

# flooded: the same while SYNs come
flooded() {
	bg_fld flood "$TOOLS/flood" -i f0 -d "$DEMO_FLOOD_TO" -p 80 \
		-m "$(mac_of srv s1)" -r $FLOOD -t $((SECONDS_EACH + 2)) \
		2>/dev/null
	sleep 1
	fetch
	join flood
	sed 's/^/  flood: /' "$TMP/flood.out"
	progress
}

# httpd NS NAME: a web server in a namespace
httpd() {
	mkdir -p "$TMP/www"
	echo 'a page' >"$TMP/www/index.html"
	hf_bg "$1" "$2" busybox httpd -f -p 80 -h "$TMP/www"
}
