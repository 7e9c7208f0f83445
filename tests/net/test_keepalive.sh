#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_keepalive.sh: dead peers (S67, S68). The server program sets no
# SO_KEEPALIVE; its client vanishes. And what the daemon's probes must not do:
# disturb a living client, or probe beside a program's own keepalive.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

OPTS='mss=1460 ws=7 sack ts=1000,0'

server_said() {
	grep -q "close $1 .*error=$2" "$TMP/web.out"
}

# the client vanishes: after 4 s a probe, two more each 1 s, then the end
vanished() {
	capture "$1" cli c0 "host $2 and tcp"
	cat >"$TMP/vanish" <<-END
	send S $OPTS
	expect SA
	send A ts=1001,rts
	END
	in_ns cli "$TOOLS/seg" -i c0 -s "$2" -d "$3" -m "$SRV_MAC" \
		<"$TMP/vanish" >/dev/null
	assert_eq "$1: connected" $? 0
	wait_for 15 server_said "$2" ECONNABORTED &&
		pass "$1: the program sees an error"
	wait_for 3 state_is "$2" "" && pass "$1: the record is gone"
	stop "$1"
	# SYN-ACK at once, probes, the RST of the socket that is ended
	gaps_are "0 0 4 1 1 1" "$1"
	assert_eq "$1: probes at 4 1 1 s: $(gaps "$1" | tr '\n' ' ')" $? 0
	assert_eq "$1: SYN-ACK and probes have seq = snd_nxt - 1 = iss" \
		"$(tcpdump -r "$TMP/$1.pcap" -n -xx "src host $3" 2>/dev/null |
		awk -v at="$4" '/^\t/ { sub(/^[^:]*: */, ""); gsub(/ /, "")
			line = line $0; next }
			line { print substr(line, at * 2 + 1, 8); line = "" }
			END { print substr(line, at * 2 + 1, 8) }' |
		head -n 4 | sort -u | grep -c .)" 1
}

# a living client answers, and neither end notices
alive() {
	capture own cli c0 'src port 81 and tcp[13] & 2 == 0'
	bg_cli alive "$TOOLS/hold" -d $SRV4 -p 80 -s hello
	bg_cli held "$TOOLS/hold" -d $SRV4 -p 81 -s hello
	wait_for 5 grep -q ok "$TMP/alive.out"
	wait_for 5 grep -q ok "$TMP/held.out"
	before=$(counter keepalive_probes)
	wait_for 15 probes_above "$before"
	wait_for 15 probes_above $((before + 1))
	assert_eq "living client: still connected" \
		"$(srv ss -Htn state established sport = :80 | grep -c .)" 1
	assert_eq "living client: none was ended" "$(counter keepalive_dead)" \
		"$dead"
	assert_eq "living client: ss shows no keepalive timer" \
		"$(srv ss -Htno state established sport = :80 |
			grep -c keepalive)" 0
	stop own
	assert_eq "a program's own SO_KEEPALIVE: ss shows its timer" \
		"$(srv ss -Htno state established sport = :81 |
			grep -c keepalive)" 1
	assert_eq "... and the daemon sends nothing to it" "$(tcpdump -r \
		"$TMP/own.pcap" -n -tt 2>/dev/null | awk '/Flags/ {
		if (!first) first = $1; if ($1 - first > 2) late++ }
		END { print late + 0 }')" 0
	stop alive
	stop held
}

# ll NS IF: its link-local address
ll() {
	ip -n "hf-$$-$1" -j -6 addr show dev "$2" |
		jq -r '.[].addr_info[]? | select(.scope == "link").local'
}

ll_states() {
	hf_quiet flows --json | jq -r '.flows[] |
		select(.client | startswith("[fe80:")) | .state'
}

# The kernel binds sockets of link-local addresses to the interface: whoever
# asks for one must name it, or a silent client is taken for gone.
link_local() {
	bg_cli local "$TOOLS/hold" -d "$SRV_LL%c0" -p 80 -s hello
	wait_for 5 grep -q ok "$TMP/local.out"
	assert_eq "link-local: connected" "$(ll_states)" ESTABLISHED
	assert_eq "link-local: the socket is bound to the interface" \
		"$(in_ns srv ss -Htn state established sport = :80 |
			grep -c '\]%s0:80')" 1
	before=$(counter keepalive_probes)
	wait_for 15 probes_above $((before + 1))
	assert_eq "link-local: a silent client is probed" $? 0
	assert_eq "link-local: its flow is followed" "$(ll_states)" ESTABLISHED
	assert_eq "link-local: it is still connected" \
		"$(in_ns srv ss -Htn state established sport = :80 |
			grep -c '\]%s0:80')" 1
	stop local
	wait_for 5 flow_is_gone
}

flow_is_gone() {
	[ -z "$(ll_states)" ]
}

probes_above() {
	[ "$(counter keepalive_probes)" -gt "$1" ]
}

net_up
net_flood_up	# another interface with a link-local address
SRV_MAC=$(mac_of srv s0)
seg_hosts 61 62
for host in fd77::61 fe80::61 fe80::62; do
	ip -n "hf-$$-srv" neigh replace $host lladdr "$(mac_of cli c0)" dev s0
done
SRV_LL=$(ll srv s0)
serve web -p 80
serve own81 -p 81 -K
start_handfast -i s0 -m always -o keepalive=yes -o tcp_keepalive_time=4 \
	-o tcp_keepalive_intvl=1 -o tcp_keepalive_probes=3
vanished ip4 10.77.0.61 $SRV4 38	# 14 + 20 + 4 bytes to the sequence number
vanished ip6 fd77::61 $SRV6 58
vanished ll fe80::61 "$SRV_LL" 58
vanished ll-to-global fe80::62 $SRV6 58
dead=$(counter keepalive_dead)
assert_eq "connections that were ended are counted" "$dead" 4
alive
link_local
check_identities
summary
