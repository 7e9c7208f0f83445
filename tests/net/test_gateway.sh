#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_gateway.sh: a gateway whose SPECs name networks: what answers in them is
# found by its answers and protected, and nothing else. Each step is tried with
# the plain kernel first.
#
#   hf-PID-cli          hf-PID-srv                      hf-PID-one
#   +-------------+     +-------------------------+     +--------------+
#   | c0          |-----| s0                   v1 |-----| b1           |
#   | 10.77.0.1   |     | 10.77.0.2     10.79.1.1 |     | 10.79.1.2    |
#   | fd77::1     |     | fd77::2     fd79:0:1::1 |     | fd79:0:1::2  |
#   +-------------+     |                         |     +--------------+
#   hf-PID-fld          |                         |     hf-PID-two
#   +-------------+     |                         |     +--------------+
#   | f0          |-----| s1                   v2 |-----| b2           |
#   |             |     |               10.79.2.1 |     | 10.79.2.2    |
#   |             |     |             fd79:0:2::1 |     | fd79:0:2::2  |
#   +-------------+     +-------------------------+     +--------------+
#
# The gateway has a server of its own at 10.79.1.1:80; 10.79.1.9 drops what it is
# sent; host two answers at all of 10.79.4.0/22.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

ONE4=10.79.1.2 ONE6=fd79:0:1::2 TWO4=10.79.2.2 TWO6=fd79:0:2::2
NETS="10.79.0.0/16:80-81,[fd79::/32]:80"
SLOW=${HF_SLOW:-1}
FLOOD=$((150000 / SLOW))

# behind NS N: a host behind the gateway's vN, with a server
behind() {
	behind_up "$1" "$2"
	hf_neigh_use srv "v$2" "10.79.$2.2" "fd79:0:$2::2"
	serve_in "$1" "web$2" -p 80
}

hosts_up() {
	behind one 1
	behind two 2
	for ns in cli fld; do
		via4=$SRV4 via6=$SRV6
		[ "$ns" = fld ] && via4=$SRV4_FLD via6=$SRV6_FLD
		ip -n "hf-$$-$ns" route add 10.79.0.0/16 via "$via4"
		ip -n "hf-$$-$ns" -6 route add fd79::/32 via "$via6"
	done
	ip -n "hf-$$-one" addr add 10.79.1.9/24 dev b1
	in_ns one nft 'table ip deaf { chain in {
		type filter hook input priority 0;
		ip daddr 10.79.1.9 counter drop
	}; }'
	ip -n "hf-$$-two" route add local 10.79.4.0/22 dev lo
	ip -n "hf-$$-srv" route add 10.79.4.0/22 via "$TWO4"
	hf_bg two echo "$TOOLS/srv" -p 81 -e
	serve own -p 80
}

# connect NAME ADDR...: 40 connections to each, asked and answered
connect() {
	what=$1
	shift
	for addr; do
		cli "$TOOLS/load" -d "$addr" -p 80 -r 200 -t 0.2 -k 3000 \
			>"$TMP/load.out"
		assert_eq "$mode $what, $addr" \
			"$(cut -d' ' -f1,2 "$TMP/load.out")" "ok=40 failed=0"
	done
}

# row SPEC: how `services` lists it, or nothing
row() {
	hf_quiet services --json | jq -c --arg s "$1" '.services[] |
		select(.service == $s) | [.listening, .mode, .armed]'
}

has_row() {
	[ -n "$(row "$1")" ]
}

has_no_row() {
	[ -z "$(row "$1")" ]
}

# flood_on ADDR SECONDS
flood_on() {
	bg_fld flood "$TOOLS/flood" -i f0 -d "$1" -p 80 \
		-m "$(mac_of srv s1)" -r "$FLOOD" -t "$2" -c 1
}

# clients NAME: 200 connections in two seconds to each of both hosts, by each IP
# version, at once
clients() {
	for to in "$ONE4" "$TWO4" "$ONE6" "$TWO6"; do
		bg_cli "load$to" "$TOOLS/load" -d "$to" -p 80 -r $((100 / SLOW)) \
			-t $((2 * SLOW)) -k 3000
	done
	for to in "$ONE4" "$TWO4" "$ONE6" "$TWO6"; do
		join "load$to"
		cat "$TMP/load$to.out"
		assert_eq "$mode $1, clients of $to" \
			"$(cut -d' ' -f1,2 "$TMP/load$to.out")" \
			"ok=200 failed=0"
	done
}

under_flood() {
	before=$(counter syn_answered)
	flood_on "$1" $((2 * SLOW + 2))
	sleep 0.5
	clients "flood on $1"
	join flood
	cat "$TMP/flood.out"
	assert_ge "$mode it was a flood" "$(field rate flood)" \
		$((30000 / SLOW))
	assert_ge "$mode ... that was answered" \
		$(($(counter syn_answered) - before)) $((60000 / SLOW))
}

# What the first connection to each shows, the next ones gain by.
found() {
	assert_eq "$mode a network is listed" "$(row "10.79.0.0/16:80-81")" \
		'[false,"always",true]'
	connect "the first connections" "$ONE4" "$ONE6"
	for spec in "$ONE4:80" "[$ONE6]:80"; do
		wait_for 3 has_row "$spec"
		assert_eq "$mode found by its answer" "$(row "$spec")" \
			'[false,"always",true]'
	done
	before=$(counter splice_opened)
	connect "found" "$ONE4" "$ONE6"
	assert_ge "$mode ... and spliced" \
		$(($(counter splice_opened) - before)) 76
	assert_eq "$mode nobody has spoken to the other host" \
		"$(row "$TWO4:80")$(row "[$TWO6]:80")" ''
}

# A flood on a host that nobody knows yet: its answers to that show it.
found_under_flood() {
	flood_on "$TWO4" 6
	wait_for 5 has_row "$TWO4:80"
	assert_eq "$mode found by its answers to a flood" $? 0
	connect "... and reached" "$TWO4"
	join flood
	connect "the first connections" "$TWO6"
	wait_for 3 has_row "[$TWO6]:80"
}

# SYNs of whoever does not answer are let through, and make no row.
silent() {
	cli "$TOOLS/load" -d 10.79.1.9 -p 80 -r 5 -t 1 -k 500 >"$TMP/load.out"
	assert_ge "$mode nobody answers: the SYNs pass" \
		"$(in_ns one nft list ruleset |
		sed -n 's/.*counter packets \([0-9]*\).*/\1/p')" 5
	cli "$TOOLS/load" -d "$ONE4" -p 81 -r 20 -t 1 -k 3000 >"$TMP/load.out"
	assert_eq "$mode nobody listens: refused at once" \
		"$(field max_us load | awk '{ print $1 < 1000000 }')" 1
	sleep 1
	assert_eq "$mode ... and neither is a service" \
		"$(row 10.79.1.9:80)$(row "$ONE4:81")" ''
}

# A host behind speaks in the name of others that nobody has asked.
made_up() {
	for i in 50 51 52 53 54; do
		in_ns one "$TOOLS/seg" -i b1 -s "10.79.1.$i" -d "$CLI4" \
			-m "$(mac_of srv v1)" "send SA sport=80 dport=40000 \
			seq=1 ack=2 mss=1460" "expect R timeout=3000"
		assert_eq "$mode a made-up SYN-ACK arrives" $? 0
	done
	sleep 1
	assert_eq "$mode ... and makes no service" "$(hf_quiet services \
		--json | jq '[.services[] |
			select(.service | startswith("10.79.1.5"))] | length')" 0
}

excluded() {
	connect "excluded" 10.79.4.9
	assert_eq "$mode excluded: not listed" "$(row 10.79.4.9:80)" ''
}

local_too() {
	before=$(counter splice_opened)
	connect "the gateway's own address" 10.79.1.1
	assert_ge "$mode ... by its socket" \
		$(($(counter splice_opened) - before)) 40
	assert_eq "$mode ... under its name" "$(row "10.79.1.1:80")" ''
}

# The daemon that takes over has the same services, the first SYN on.
taken_over() {
	end_daemon USR2
	start "$mode"
	assert_eq "$mode a new daemon lists them" \
		"$(row "$ONE4:80")$(row "[$TWO6]:80")" \
		'[false,"always",true][false,"always",true]'
	before=$(counter splice_opened)
	connect "a new daemon" "$ONE4" "$TWO6"
	assert_ge "$mode ... and they are answered" \
		$(($(counter splice_opened) - before)) 76
}

# reloaded NETS TEXT: other networks hold at once
reloaded() {
	conf '[handfast]' "protect = $1" "exclude = ${2:-10.79.4.9:80}"
	signal_daemon HUP
}

# held: a spliced connection of host two, which asks again on $TMP/again
held() {
	rm -f "$TMP/again"
	cli "$TOOLS/load" -d "$TWO4" -p 81 -r 5 -t 0.2 >"$TMP/load.out"
	wait_for 3 has_row "$TWO4:81"
	# shellcheck disable=SC2016 # expanded by the inner shell
	bg_cli held bash -c 'exec 3<>"/dev/tcp/$1/81" && echo once >&3 &&
		read -r line <&3 && printf "%s " "$line" &&
		until [ -e "$2" ]; do sleep 0.1; done && echo twice >&3 &&
		read -r line <&3 && echo "$line"' bash "$TWO4" "$TMP/again"
	wait_for 5 grep -q once "$TMP/held.out"
	assert_eq "$mode it is spliced" "$(hf_quiet flows --json | jq '[.flows[] |
		select(.server == "'"$TWO4"':81" and .handoff == "splice")] |
		length')" 1
}

# A connection that is translated goes on when its service is none any more.
reload() {
	held
	reloaded "[fd79::/32]:80, 10.79.1.0/24:80" "[fd79:0:2::/48]:80"
	wait_for 5 has_no_row "10.79.0.0/16:80-81"
	assert_eq "$mode reload: other networks" \
		"$(row "$ONE4:80")$(row "[$ONE6]:80")" \
		'[false,"always",true][false,"always",true]'
	before=$(counter splice_opened)
	connect "reload: not protected" "$TWO4" "$TWO6"
	assert_eq "$mode ... its SYNs pass" \
		"$(counter splice_opened)" "$before"
	touch "$TMP/again"
	join held
	assert_eq "$mode ... and the connection goes on" \
		"$(cat "$TMP/held.out")" "once twice"
	reloaded "$NETS"
	wait_for 5 has_row "10.79.0.0/16:80-81"
	connect "reload: as before" "$TWO4" "$TWO6"
	wait_for 5 has_row "$TWO4:80"
}

# More hosts answer than can be services: those that are stay.
too_many() {
	clients "before there are too many"
	# shellcheck disable=SC2016 # expanded by the inner shell
	cli bash -c 'for net in 4 5 6; do for host in {10..250}; do
		exec 3<>/dev/tcp/10.79.$net.$host/80; done; done'
	wait_for 5 counted found_no_row
	assert_eq "$mode too many: some get no row" $? 0
	wait_for 5 status_fails
	assert_eq "$mode ... status: exit 1, and why" "$(jq -r \
		'.why | sub("^[0-9]+"; "N")' "$TMP/status.json")" \
		"N services not protected: at most 512 can be found"
	rows=$(hf_quiet services --json |
		jq '[.services[] | select(.listening | not)] | length')
	assert_ge "$mode ... 512 others do" "$rows" 512
	# two networks, the gateway's port 81, and who has connections left
	assert_le "$mode ... and no more" "$rows" 530
	assert_eq "$mode ... and who answered before stays" \
		"$(row "$ONE4:80")$(row "[$TWO6]:80")" \
		'[false,"always",true][false,"always",true]'
	clients "beside too many"
}

# status_fails: with 1; what it said is in $TMP/status.json
status_fails() {
	hf_quiet status --json >"$TMP/status.json"
	[ $? -eq 1 ]
}

counted() {
	[ "$(counter "$1")" -ge 1 ]
}

start() {
	conf '[handfast]' "protect = $NETS" 'exclude = 10.79.4.9:80'
	start_handfast -c "$TMP/conf" -i s0 -i s1 -m always -x "$1" \
		-o handoff=splice -o drain_splice_s=1
}

net_up
net_flood_up
hosts_up
napi_on srv s1
mode="plain kernel:"
connect "routed" "$ONE4" "$ONE6" "$TWO4" "$TWO6" 10.79.4.9 10.79.1.1
clients "no flood"
[ $# -gt 0 ] || set -- generic native
for mode; do
	[ "$mode" = native ] && native_peers c0 f0
	start "$mode"
	found
	found_under_flood
	silent
	made_up
	excluded
	local_too
	under_flood "$ONE4"
	under_flood "$TWO6"
	taken_over
	reload
	too_many
	check_identities
	hf detach --all
	stop handfastd
done
summary
