#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# endurance.sh: MINUTES [10] of floods of all kinds, one after the other, ten seconds
# each, beside 100 real connections a second: how much memory the daemon and its maps
# have, every half minute, and how many connections failed. Not among the
# sections that run by default.
set -u
# shellcheck source=tests/bench/mixed.sh
. "$(dirname "$0")/mixed.sh"

MINUTES=${MINUTES:-10}

# kB: the daemon's pages, and what its maps have of the kernel's
daemon_kb() {
	awk '/^VmRSS/ { print $2 }' "/proc/$(cat "$TMP/handfastd.pid")/status"
}

maps_kb() {
	bpftool -jf map show | jq --arg dir "/handfast/$HF_NAME/" '[.[] |
		select(.pinned // [] | any(contains($dir))) | .bytes_memlock] |
		add / 1024 | floor'
}

sample() {
	hf_clock
	echo "$(((hf_now - began) / 100)) s: daemon $(daemon_kb) kB," \
		"maps $(maps_kb) kB, $(hf_quiet status --json |
		jq .tables.flows.used) flows"
	note daemon "$(daemon_kb)"
	note maps "$(maps_kb)"
}

flood_on() {
	while :; do
		for kind in $KINDS; do
			hf_clock
			[ $((hf_now - began)) -lt $((MINUTES * 6000)) ] ||
				return 0
			mixed_flood "$kind" 12
			sleep 10
			mixed_end
			[ $((hf_now - sampled)) -lt 2500 ] || {
				sample
				sampled=$hf_now
			}
		done
	done
}

# grown NAME: the last third of the samples by the second third, in percent
grown() {
	awk '{ v[NR] = $1 } END { n = int(NR / 3)
		for (i = n + 1; i <= 2 * n; i++) a += v[i]
		for (i = NR - n + 1; i <= NR; i++) b += v[i]
		printf "%.2f\n", a ? 100 * (b - a) / a : 0 }' \
		"$TMP/$1.figures"
}

mixed_up
start_handfast -i s0 -i s1 -p 80 -m auto -x native
bg_cli real "$TOOLS/load" -d "$SRV4" -p 80 -r 100 -t $((MINUTES * 60 + 60))
hf_clock
began=$hf_now sampled=$hf_now
sample
flood_on
stop real
result endurance.daemon "$(grown daemon)"
result endurance.maps "$(grown maps)"
result endurance.lost "$(field failed real)"
result endurance.served "$(field ok real)"
