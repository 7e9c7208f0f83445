#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_vlan.sh: VLAN devices above the attached interface. A veth hands tags over
# beside the frame, as hardware does that strips them: attach refuses with the line
# that helps, and where a VLAN comes later the interface is not armed. On the VLAN
# device itself SYNs are answered. The plain kernel beside it.
#
#   cli c0 (10.77.0.1) -------------- s0 (10.77.0.2) srv
#       c0.7 (10.70.0.1)                 s0.7 (10.70.0.2)   VLAN 7
#       c0.9 (10.90.0.1)                                    VLAN 9, only there
#
# In a guest (see run.sh): the kernels of Debian have 8021q.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"
VLAN_SRV=10.70.0.2

refused() {
	srv "$HANDFASTD" -n "$HF_NAME" -i s0 -m always -o max_flows=65536 \
		>"$TMP/refused.out" 2>&1
	assert_eq "tags are stripped: refused" $? 1
	assert_eq "tags are stripped: says what helps" \
		"$(grep -c 'try: handfast attach s0.7' "$TMP/refused.out")" 1
	hf doctor s0 >"$TMP/doctor.out"
	assert_eq "tags are stripped: doctor says so" \
		"$(grep -c 'hands over VLAN tags, and s0.7' "$TMP/doctor.out")" 1
}

# In the name of a VLAN that has no device here nothing is answered.
foreign_vlan() {
	hf_vlan cli c0 9 10.90.0.1
	ip -n "hf-$$-cli" neigh add 10.90.0.2 lladdr "$(mac_of srv s0)" dev c0.9
	hf_answered=$(counter syn_answered)
	in_ns cli "$TOOLS/load" -d 10.90.0.2 -p 80 -r 3 -t 1 -k 300 >/dev/null 2>&1
	assert_eq "a VLAN without a device: nothing is answered" \
		$(($(counter syn_answered) - hf_answered)) 0
}

# The VLAN comes and goes while s0 is attached.
followed() {
	ip -n "hf-$$-srv" link del s0.7
	start_handfast -i s0 -m always -x generic -o handoff=$handoff
	connects "$handoff, untagged" 20 20
	foreign_vlan
	hf_vlan srv s0 7 $VLAN_SRV
	wait_for 5 why_has "hands over VLAN tags, and s0.7 takes them"
	assert_eq "$handoff, a VLAN comes: not armed, and said" $? 0
	connects "$handoff, a VLAN comes: the kernel alone" 20 0 80 $VLAN_SRV
	connects "$handoff, a VLAN comes: the kernel alone, untagged" 20 0
	ip -n "hf-$$-srv" link del s0.7
	wait_for 5 hf_quiet status
	assert_eq "$handoff, it is gone: armed" $? 0
	connects "$handoff, it is gone" 20 20
	check_identities
	end_daemon TERM
	hf_vlan srv s0 7 $VLAN_SRV
}

net_up
hf_vlan cli c0 7 10.70.0.1
hf_vlan srv s0 7 $VLAN_SRV
serve web -p 80 -b 1024
cli "$TOOLS/load" -d $VLAN_SRV -p 80 -r 20 -t 1 >/dev/null
assert_eq "plain kernel: all connect" $? 0
refused
for handoff in reqsk splice; do
	[ $handoff = reqsk ] && ! handoff_is reqsk && continue
	start_handfast -i s0.7 -m always -o handoff=$handoff
	connects "$handoff, on the VLAN device" 20 20 80 $VLAN_SRV
	check_identities
	end_daemon TERM
	followed
	ip -n "hf-$$-cli" link del c0.9
done
summary
