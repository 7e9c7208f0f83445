#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# splice.sh: a spliced server: one stream to it and one from it (iperf3), native
# and generic, beside a bare XDP_PASS of the same mode, and the hooks alone (lib.sh).
# To it, native, beside the least of a splice, too (least.bpf.c); from it that is slower
# than ours, and so no floor. Connections: connect.sh.
set -u
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

SECONDS_EACH=${SECONDS_EACH:-1}
VARIANTS='pass hooks least native pass_generic hooks_generic generic'
HF_OPTIONS='-p 5201 -o handoff=splice -o drain_splice_s=0'

# check_way VARIANT: they were spliced, the control connections too
check_way() {
	case $1 in
	native | generic)
		[ "$(counter splice_opened)" -ge 2 ] ||
			give_up "$1: handfast did not splice them"
		;;
	esac
}

net_up
quiet
stream_server
round=0
while [ $round -lt "$ROUNDS" ]; do
	# shellcheck disable=SC2086 # several words
	for variant in $(turn $round $VARIANTS); do
		variant_on "$variant"
		stream_once "$variant.in"
		[ "$variant" = least ] || stream_once "$variant.out" -R
		check_way "$variant"
		variant_off "$variant"
	done
	round=$((round + 1))
done
for what in in out; do
	for variant in $VARIANTS; do
		[ "$variant.$what" = least.out ] || result \
			"splice.$variant.$what" "$(median "$variant.$what")"
	done
	result "splice.native.pass.$what" \
		"$(median_ratio native.$what pass.$what)"
	result "splice.generic.pass.$what" \
		"$(median_ratio generic.$what pass_generic.$what)"
	result "splice.native.hooks.$what" \
		"$(median_ratio native.$what hooks.$what)"
	result "splice.generic.hooks.$what" \
		"$(median_ratio generic.$what hooks_generic.$what)"
done
result splice.native.least.in "$(median_ratio native.in least.in)"
result splice.least.pass.in "$(median_ratio least.in pass.in)"
