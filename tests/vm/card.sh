# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# card.sh: what the tests of this folder share that run at a network card.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"
[ -n "${HF_NIC:-}" ] || skip 77 "$(basename "$0" .sh)" "no VM_NIC"

# mode_of: native, or generic and why
mode_of() {
	hf_quiet status --json | jq -r '.interfaces[0] |
		"\(.xdp)\(if .why_generic then ": " + .why_generic else "" end)"'
}

no_xdp() {
	[ "$(in_ns srv ip -j link show s0 | jq '.[0].xdp')" = null ]
}

# gone NAME: no program and no pin
gone() {
	wait_for 5 no_xdp
	assert_eq "$1: nothing is left" "$? $(find /sys/fs/bpf/handfast \
		-path "*/$HF_NAME*" 2>/dev/null)" "0 "
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 1 >/dev/null
	assert_eq "$1: the plain kernel serves" $? 0
}
