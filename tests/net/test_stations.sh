#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_stations.sh: frames that an interface sees, but that are for another
# machine: they pass, and nothing of them is taken for true. Those for a macvlan
# above the interface are its own.
#
# Topology: lib.sh. seg speaks from 10.77.0.50 and fd77::50, which nobody owns.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

OTHER=02:00:00:00:00:99

others() {
	shape "a frame for another machine: no answer" <<-END
	send S mss=1460 dmac=$OTHER
	expect none
	END
	shape "... nor is it a segment of a connection" <<-END
	send S mss=1460
	expect SA
	send A
	send R dmac=$OTHER
	send PA data=ping\n
	expect PA skip data=ok\n
	send R
	END
}

answered() {
	talk 10.77.0.50 "$SRV4" <<-END
	send S mss=1460 dmac=$mac
	expect SA timeout=300
	send R
	END
}

above() {
	ip -n "hf-$$-srv" link add m0 link s0 type macvlan mode private
	ip -n "hf-$$-srv" link set m0 up
	mac=$(mac_of srv m0)
	wait_for 3 answered
	assert_eq "$mode a frame for a macvlan above it is answered" $? 0
	ip -n "hf-$$-srv" link del m0
}

net_up
SRV_MAC=$(mac_of srv s0)
serve web -p 80 -b 1024
for handoff in reqsk splice; do
	[ $handoff = reqsk ] && ! handoff_is reqsk && continue
	for xdp in generic native; do
		mode="$handoff $xdp"
		[ $xdp = native ] && native_peers c0
		start_handfast -i s0 -x $xdp -m always -p 80 -o handoff=$handoff
		for addr in "$SRV4" "$SRV6"; do
			others
		done
		assert_ge "$mode ... counted" "$(counter pass_other_station)" 4
		above
		check_identities
		end_daemon TERM
	done
	ip -n "hf-$$-cli" link set c0 xdp off
done
summary
