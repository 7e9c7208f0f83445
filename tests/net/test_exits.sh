#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_exits.sh: clients whose answers leave by another interface than their SYNs
# came by are left to the kernel, calm and under flood; the others of the same
# service are answered. Two uplinks, policy routes by either address, several next
# hops, a route that moves.
#
#   hf-PID-cli  c0 ------------- s0  hf-PID-srv
#    10.90.0.1   c1 --- f1         s1
#                  hf-PID-fld  f0 --
#
# What the server sends to 10.90.0.0/16 and fd90::/64 goes by s1 and the flooder,
# though those clients' segments come by s0.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

FAR4=10.90.0.1 FAR6=fd90::1 HERE4=10.77.0.1 HERE6=fd77::1
SECOND4=10.77.0.3

# far_up: addresses of the client that are answered the other way
far_up() {
	hf_link cli c1 fld f1 || exit 1
	hf_addr cli c1 10.91.0.1 fd91::1 || exit 1
	hf_addr fld f1 10.91.0.2 fd91::2 || exit 1
	ip -n "hf-$$-cli" addr add $FAR4/32 dev lo
	ip -n "hf-$$-cli" addr add $FAR6/128 dev lo
	ip -n "hf-$$-fld" route add 10.90.0.0/16 via 10.91.0.1
	ip -n "hf-$$-fld" -6 route add fd90::/64 via fd91::1
	forward fld
	far_by_s1
}

far_by_s1() {
	ip -n "hf-$$-srv" route replace 10.90.0.0/16 via "$FLD4" dev s1
	ip -n "hf-$$-srv" -6 route replace fd90::/64 via "$FLD6" dev s1
}

# connects_from FROM ADDR NAME
connects_from() {
	cli "$TOOLS/load" -d "$2" -p 80 -r 200 -t 0.5 -S "$1" >"$TMP/load.out"
	assert_eq "$mode $3: all connect, $1 to $2" \
		"$(field ok load) $(field failed load)" "100 0"
}

# answers FROM ADDR NAME, leaves FROM ADDR NAME: by cookies, or to the kernel
answers() {
	before=$(counter syn_answered)
	connects_from "$@"
	assert_ge "$mode $3: ... by cookies" \
		$(($(counter syn_answered) - before)) 100
}

leaves() {
	before=$(counter syn_pass_elsewhere)
	created=$(counter flow_created)
	connects_from "$@"
	assert_ge "$mode $3: ... by the kernel" \
		$(($(counter syn_pass_elsewhere) - before)) 100
	assert_eq "$mode $3: ... without a record" \
		$(($(counter flow_created) - created)) 0
}

# leaves_soon FROM ADDR, answers_soon: when routes were changed
leaves_soon() {
	before=$(counter syn_pass_elsewhere)
	in_ns cli "$TOOLS/load" -d "$2" -p 80 -r 100 -t 0.01 -S "$1" >/dev/null
	counter_is syn_pass_elsewhere $((before + 1))
}

answers_soon() {
	before=$(counter syn_answered)
	in_ns cli "$TOOLS/load" -d "$2" -p 80 -r 100 -t 0.01 -S "$1" >/dev/null
	counter_is syn_answered $((before + 1))
}

two_uplinks() {
	leaves $FAR4 "$SRV4" "two uplinks"
	leaves $FAR6 "$SRV6" "two uplinks"
	answers $HERE4 "$SRV4" "two uplinks, the other"
	answers $HERE6 "$SRV6" "two uplinks, the other"
}

under_flood() {
	bg_cli flood "$TOOLS/flood" -i c0 -d "$SRV4" -p 80 -m "$SRV_MAC" \
		-s 10.1.0.0/16 -r 50000 -t 4 -c 1
	wait_for 5 phase_is flood
	leaves $FAR4 "$SRV4" "under flood"
	join flood
	wait_for 15 phase_is calm
}

# Its addresses may be chosen for a flood.
flood_from_there() {
	passed=$(counter syn_pass_elsewhere)
	bg_cli flood "$TOOLS/flood" -i c0 -d "$SRV4" -p 80 -m "$SRV_MAC" \
		-s 10.90.0.0/16 -r 50000 -t 2 -c 1
	join flood
	assert_le "$mode a flood from there: hardly passes" \
		$(($(counter syn_pass_elsewhere) - passed)) 10000
	wait_for 15 phase_is calm
}

policies() {
	ip -n "hf-$$-srv" addr add $SECOND4/24 dev s0
	ip -n "hf-$$-srv" rule add from $SECOND4 lookup 100
	ip -n "hf-$$-srv" route add default via "$CLI4" dev s0 table 100
	wait_for 5 answers_soon $FAR4 $SECOND4
	answers $FAR4 $SECOND4 "a rule for the server's address"
	leaves $FAR4 "$SRV4" "a rule for another address"
	ip -n "hf-$$-srv" rule del from $SECOND4 lookup 100
	wait_for 5 leaves_soon $FAR4 $SECOND4
	assert_eq "$mode the rule is gone: left to the kernel" $? 0
	ip -n "hf-$$-srv" addr del $SECOND4/24 dev s0
	ip -n "hf-$$-srv" rule add to 10.90.0.0/17 lookup 101
	ip -n "hf-$$-srv" route add default via "$CLI4" dev s0 table 101
	wait_for 5 answers_soon $FAR4 "$SRV4"
	assert_eq "$mode a rule for the client's network: answered" $? 0
	ip -n "hf-$$-srv" rule del to 10.90.0.0/17 lookup 101
	wait_for 5 leaves_soon $FAR4 "$SRV4"
	assert_eq "$mode ... gone again" $? 0
}

several_hops() {
	ip -n "hf-$$-srv" route replace 10.90.0.0/16 \
		nexthop via "$CLI4" dev s0 nexthop via "$FLD4" dev s1
	wait_for 5 leaves_soon $FAR4 "$SRV4"
	leaves $FAR4 "$SRV4" "two next hops"
	ip -n "hf-$$-srv" route replace 10.90.0.0/16 via "$CLI4" dev s0
	wait_for 5 answers_soon $FAR4 "$SRV4"
	answers $FAR4 "$SRV4" "the route has moved"
	far_by_s1
	wait_for 5 leaves_soon $FAR4 "$SRV4"
	assert_eq "$mode ... and moved back" $? 0
}

# half_seen NAME [COMMAND]: connections of which half is seen, from the begin or
# after COMMAND: nobody judges them, nor ends them
half_seen() {
	ip -n "hf-$$-cli" route add "$SRV4/32" dev c0 src $FAR4
	bg_cli echoes "$TOOLS/echoes" -d "$SRV4" -p 7 -i 10 -b 2
	wait_for 5 grep -q connected "$TMP/echoes.out"
	${2:-true}
	sleep 4		# twice times as long as keepalive needs to end them
	stop echoes
	assert_eq "$mode half seen, keepalive: none is ended, $1" \
		"$(field ok echoes) $(field failed echoes)" "12 0"
	ip -n "hf-$$-cli" route del "$SRV4/32" dev c0 src $FAR4
}

# By a splice's new way nobody translates: the manual says so.
moves_away() {
	ip -n "hf-$$-srv" route replace 10.90.0.0/16 via "$CLI4" dev s0
	wait_for 5 answers_soon $FAR4 "$SRV4"
	half_seen "the route moves away" far_by_s1
	wait_for 5 leaves_soon $FAR4 "$SRV4"
}

too_many() {
	for net in $(seq 0 1100); do
		echo "route add 10.$((100 + net / 250)).$((net % 250)).0/24" \
			"via $FLD4 dev s1"
	done >"$TMP/routes"
	ip -n "hf-$$-srv" -batch "$TMP/routes"
	wait_for 5 why_has "more than 1000 prefixes"
	assert_eq "$mode more routes than can be held: not armed, and said" \
		$? 0
	sed -i 's/add/del/' "$TMP/routes"
	ip -n "hf-$$-srv" -batch "$TMP/routes"
	wait_for 5 armed
	assert_eq "$mode ... and armed again" $? 0
}

armed() {
	[ "$(hf_quiet status -j | jq .armed)" = true ]
}

net_up
net_flood_up
far_up
napi_on srv s0
SRV_MAC=$(mac_of srv s0)
serve web -p 80 -b 4096
serve echo -p 7 -e
mode="plain kernel:"
connects_from $FAR4 "$SRV4" "two uplinks"
connects_from $FAR6 "$SRV6" "two uplinks"
half_seen "from the begin"
for mode in auto splice; do
	start_handfast -i s0 -m always -x generic -o handoff=$mode \
		-o flood_hold_s=1 -o drain_splice_s=0 -o keepalive=yes \
		-o tcp_keepalive_time=1 -o tcp_keepalive_intvl=0.5 \
		-o tcp_keepalive_probes=2
	two_uplinks
	under_flood
	flood_from_there
	policies
	several_hops
	half_seen "from the begin"
	[ "$mode" = splice ] || moves_away
	too_many
	check_identities
	hf detach --all --now
	stop handfastd
done
summary
