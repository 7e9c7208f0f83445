#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# throughput.sh: iperf3 on a port that is not protected, to the server and from
# it: nothing attached, a bare XDP_PASS, the hooks alone (lib.sh), handfast, each
# native and generic.
#
# Native XDP costs a veth GRO and TSO, generic XDP copies what is not linear.
# That is not handfast's doing, so it is compared to a bare XDP_PASS of the same
# mode, and to nothing as well.
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

SECONDS_EACH=${SECONDS_EACH:-1}
VARIANTS='plain pass hooks native pass_generic hooks_generic generic'

net_up
quiet
bg_srv web "$TOOLS/srv" -p 80
wait_for 5 grep -q ready "$TMP/web.out"
stream_server
round=0
while [ $round -lt "$ROUNDS" ]; do
	# shellcheck disable=SC2086 # several words
	for variant in $(turn $round $VARIANTS); do
		variant_on "$variant"
		stream_once "$variant.in"
		stream_once "$variant.out" -R
		variant_off "$variant"
	done
	round=$((round + 1))
done
for way in in out; do
	for variant in $VARIANTS; do
		result "throughput.$variant.$way" "$(median "$variant.$way")"
	done
	result "throughput.native.pass.$way" \
		"$(median_ratio native.$way pass.$way)"
	result "throughput.generic.pass.$way" \
		"$(median_ratio generic.$way pass_generic.$way)"
	result "throughput.native.hooks.$way" \
		"$(median_ratio native.$way hooks.$way)"
	result "throughput.generic.hooks.$way" \
		"$(median_ratio generic.$way hooks_generic.$way)"
	for variant in native generic; do
		result "throughput.$variant.plain.$way" \
			"$(median_ratio $variant.$way plain.$way)"
	done
done
