#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_deferred.sh: a listener with TCP_DEFER_ACCEPT (Apache, nginx `deferred`)
# takes the first data of a client that speaks late, as the plain kernel does.
#
# Its kernel keeps the connection as a request until data comes, and rejects what
# echoes a timestamp that it has not sent (TSEcrRejected, Linux 6.15).
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# late NAME UPDATES: 800 ms after the handshake; UPDATES of the window, which the
# daemon of a splice repeats after 200 ms, come before
late() {
	{
		cat <<-END
		send S mss=1460 sack ts=1000,0 ws=7
		expect SA ack=iss+1
		send A ts=1001,rts
		END
		[ "$2" -gt 0 ] && yes "expect A" | head -n "$2"
		cat <<-END
		sleep 400
		send PA data=ping\n ts=1800,rts
		expect PA skip ack=iss+6
		send FA ts=1801,rts
		expect FA skip ack=iss+7
		send A ts=1802,rts
		END
	} >"$TMP/late"
	before=$(nstat_srv TcpExtTSEcrRejected)
	case_is "$1: data that come late are taken" 10.77.0.50 <"$TMP/late"
	assert_eq "$1: its timestamp is known" \
		$(($(nstat_srv TcpExtTSEcrRejected) - before)) 0
}

net_up
SRV_MAC=$(mac_of srv s0)
seg_hosts 50
serve web -p 80 -o defer_accept=30
late "plain kernel" 0
for handoff in reqsk splice; do
	[ $handoff = reqsk ] && [ "$HF_HANDOFF" = splice ] && continue
	start_handfast -i s0 -m always -o handoff=$handoff -o drain_s=0 \
		-o drain_splice_s=0
	updates=0
	[ $handoff = splice ] && updates=2
	late $handoff $updates
	check_identities
	hf detach --all
	stop handfastd
done
summary
