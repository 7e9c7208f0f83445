# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# attack.sh: what the programs of this folder share. The attacker sits in the
# client's namespace, at c0; floods speak from 10.128.0.0/9 and fd00:f100::/31.
#
# shellcheck shell=sh
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

# attack_up: the namespaces, and a server on port 80
attack_up() {
	net_up
	# shellcheck disable=SC2034  # the test's
	SRV_MAC=$(mac_of srv s0)
	ip -n "hf-$$-srv" -6 route replace fd00:f100::/31 via "$CLI6" dev s0
	napi_on srv s0
	serve web -p 80 -b 8192
}

# by_each_handoff DO: with $handoff, as far as the kernel has it
by_each_handoff() {
	for handoff in reqsk splice; do
		[ "$handoff" = splice ] || handoff_is reqsk || continue
		"$@"
	done
}

# defend OPTION...: handfast at s0
defend() {
	start_handfast -i s0 -x generic "$@"
}

disarm() {
	hf detach --all --now
	stop handfastd
}
