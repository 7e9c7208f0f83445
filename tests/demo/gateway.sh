#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# gateway.sh: a SYN flood against two web servers behind this machine, which
# publishes them by DNAT, without and with handfast: real clients, and what
# conntrack has to hold of the flood.
#
#   hf-PID-cli   curl      hf-PID-srv          hf-PID-web1, hf-PID-web2
#   +-----------+          +-----------+       +-------------------+
#   | 10.77.0.1 |----------| s0     v1 |-------| 10.79.1.2, httpd  |
#   +-----------+          | dnat   v2 |-------| 10.79.2.2, httpd  |
#   hf-PID-fld -- flood ---| s1        |       +-------------------+
#                          +-----------+
set -u
# shellcheck source=tests/demo/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2034 # lib.sh's
DEMO_FLOOD_TO=$SRV4_FLD

entries() {
	in_ns srv cat /proc/sys/net/netfilter/nf_conntrack_count
}

beside() {
	printf '  conntrack entries %s' "$(entries)"
}

# web N: a server behind
web() {
	behind_up "web$1" "$1"
	httpd "web$1" "httpd$1"
}

publish() {
	for state in syn_sent syn_recv; do	# nobody shall wait for 2 min
		sysctl_in srv net.netfilter.nf_conntrack_tcp_timeout_$state 10
	done
	in_ns srv nft -f - <<-END
	table ip publish {
		chain pre {
			type nat hook prerouting priority dstnat;
			tcp dport 80 dnat to numgen inc mod 2 map {
				0 : 10.79.1.2, 1 : 10.79.2.2
			}
		}
		chain forward {
			type filter hook forward priority 0;
			ct state invalid drop
		}
	}
	END
}

# what conntrack held of the flood is over
forgotten() {
	[ "$(entries)" -lt 1000 ]
}

net_up 2>/dev/null
net_flood_up 2>/dev/null
napi_on srv s1
web 1 2>/dev/null
web 2 2>/dev/null
publish 2>/dev/null
wait_for 5 in_ns cli curl -s -o /dev/null "http://$SRV4/"
wait_for 5 in_ns cli curl -s -o /dev/null "http://$SRV4/"

say "1. $FLOOD SYN/s from spoofed sources to a port published by DNAT,"
echo "  the kernels alone (no SYN cookies)"
for n in 1 2; do
	sysctl_in web$n net.ipv4.tcp_syncookies 0 2>/dev/null
	sysctl_in web$n net.ipv4.tcp_synack_retries 1 2>/dev/null
done
flooded
without=$good
held=$(entries)
echo "  -> $good pages fetched, $bad failed, conntrack holds $held connections"
for n in 1 2; do
	sysctl_in web$n net.ipv4.tcp_syncookies 1 2>/dev/null
done
wait_for 60 forgotten

say "2. the same flood with handfast"
echo "  handfastd -i s0 -i s1 -m always -p 80 -o handoff=splice"
start_handfast -i s0 -i s1 -m always -p 80 -o handoff=splice \
	-o drain_splice_s=1 2>/dev/null
in_ns cli curl -s -o /dev/null "http://$SRV4/"	# its answer is seen
before=$(entries)
flooded
with=$good
lost=$bad
grown=$(($(entries) - before))
echo "  -> $good pages fetched, $bad failed, conntrack grew by $grown"

say "3. each server had its share, and sees ordinary connections"
for n in 1 2; do
	echo "  web$n: $(in_ns web$n nstat -az TcpPassiveOpens |
		sed -n 's/^\(Tcp[A-Za-z]*\) *\([0-9]*\).*/\2 accepted/p')," \
		"$(in_ns web$n nstat -az TcpExtSyncookiesSent | sed -n \
		's/^\(Tcp[A-Za-z]*\) *\([0-9]*\).*/\2 SYN cookies sent/p')"
done

say "off again: handfast detach --all"
hf_quiet detach --all
if [ "$lost" -gt 0 ] || [ "$with" -le "$without" ] ||
	[ "$grown" -gt $((with + 50)) ]; then
	echo "handfast: demo-gateway: not as it should be, see above" >&2
	exit 1
fi
