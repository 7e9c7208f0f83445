#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host.sh: a SYN flood against a web server, without and with handfast, in
# network namespaces of its own.
#
# Topology: tests/net/lib.sh. The web server is busybox httpd in `srv`, curl
# runs in `cli`, the flood comes from `fld`; a second client has timestamps off.
set -u
# shellcheck source=tests/demo/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2034 # lib.sh's
DEMO_FLOOD_TO=$SRV4_FLD

# the details of the one connection, as both kernels see them
show_ends() {
	bg_cli hold "$TOOLS/hold" -d "$SRV4" -p 81 -s hello
	wait_for 5 grep -q ok "$TMP/hold.out"
	printf 'client %s\nserver %s\n' \
		"$(in_ns cli ss -Htino dport = :81 | tail -n 1 | cut -c1-100)" \
		"$(in_ns srv ss -Htino sport = :81 | tail -n 1 | cut -c1-100)"
	stop hold
}

net_up 2>/dev/null
net_flood_up 2>/dev/null
napi_on srv s1
httpd srv web 2>/dev/null
bg_srv second "$TOOLS/srv" -p 81 2>/dev/null
wait_for 5 in_ns cli curl -s -o /dev/null "http://$SRV4/"

say "1. $FLOOD SYN/s from spoofed sources, the kernel alone (no SYN cookies)"
sysctl_in srv net.ipv4.tcp_syncookies 0 2>/dev/null
sysctl_in srv net.ipv4.tcp_synack_retries 1 2>/dev/null
flooded
without=$good
sysctl_in srv net.ipv4.tcp_syncookies 1 2>/dev/null
echo "  -> $good pages fetched, $bad failed"

say "2. the same flood with handfast"
echo "  handfastd -i s0 -i s1 -m always ${HF_OPTIONS:-}"
start_handfast -i s0 -i s1 -m always 2>/dev/null
flooded
with=$good
lost=$bad
echo "  -> $good pages fetched, $bad failed"
echo "  kernel: SYN cookies sent $(nstat_srv TcpExtSyncookiesSent)," \
	"half-open $(in_ns srv ss -Htn state syn-recv | wc -l)"

say "3. a client without timestamps keeps SACK and window scale"
sysctl_in cli net.ipv4.tcp_timestamps 0 2>/dev/null
show_ends 2>/dev/null | tee "$TMP/ends"

say "off again: handfast detach --all"
hf_quiet detach --all
if [ "$lost" -gt 0 ] || [ "$with" -le "$without" ] ||
	[ "$(grep -c 'sack.*wscale:[0-9]' "$TMP/ends")" -ne 2 ]; then
	echo "handfast: demo: not as it should be, see above" >&2
	exit 1
fi
