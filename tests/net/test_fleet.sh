#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_fleet.sh: three machines behind one address (ECMP) share their keys through a
# real etcd, each by a handfast-fleet of its own. The router takes the next machine
# for everything but a SYN, so that what one of them answers another one validates.
# Under flood keys are rotated, a machine dies, and etcd does; clients notice nothing.
#
#   hf-PID-cli      hf-PID-fld        hf-PID-srv, two, three  (10.99.0.1)
#   c0 ------------ r0        f0 ---- s1
#                   etcd      f1 ---- m1
#                             f2 ---- m2
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/anycast.sh
. "$(dirname "$0")/anycast.sh"
FLEET=${HANDFAST%/*}/handfast-fleet
[ -x "$FLEET" ] || skip 77 test_fleet "built without libcurl"
command -v etcd >/dev/null || skip 77 test_fleet "no etcd"

ROTATE=3 SETTLE=6

# ways NS...: the router's, to these machines; SYNs to the next of them
ways() {
	hops='' first=''
	for ns; do
		case $ns in
		srv) hop="nexthop via $SRV4_FLD" ;;
		two) hop="nexthop via 10.79.1.2" ;;
		three) hop="nexthop via 10.79.2.2" ;;
		esac
		[ -n "$first" ] && hops="$hops $hop" || first=$hop
	done
	# shellcheck disable=SC2086 # words
	ip -n "hf-$$-fld" route replace $ANY4 $first $hops
	# shellcheck disable=SC2086 # words
	ip -n "hf-$$-fld" route replace $ANY4 table 101 $hops $first
}

etcd_up() {
	rm -rf "$TMP/etcd"
	bg_fld etcd etcd --data-dir "$TMP/etcd" --log-level error \
		--listen-client-urls http://0.0.0.0:2379 \
		--advertise-client-urls http://127.0.0.1:2379 \
		--listen-peer-urls http://127.0.0.1:2380
}

# etcd_keys: what it has
etcd_keys() {
	in_ns fld curl -s http://127.0.0.1:2379/v3/kv/range -d \
		"{\"key\":\"$(printf /handfast/fleet/keys | base64)\"}" |
		jq -r '.kvs[0].value // ""' | base64 -d
}

etcd_has_some() {
	[ -n "$(etcd_keys)" ]
}

has_keys() {
	[ -s "$TMP/keys.$1" ]
}

# of_machine NS COMMAND...: its handfast
of_machine() {
	hf_of=$1
	shift
	in_ns "$hf_of" "$HANDFAST" -n "hft$$$hf_of" "$@" </dev/null
}

# machine NS DEV GATEWAY: with all that one has
machine() {
	instance "hft$$$1"
	serve_in "$1" "web.$1" -p 80
	hf_bg "$1" "fleet.$1" "$FLEET" -n fleet -f "$TMP/keys.$1" -r $ROTATE \
		-s $SETTLE http://127.0.0.1:1 "http://$3:2379"
	wait_for 10 has_keys "$1"
	hf_bg "$1" "handfastd.$1" "$HANDFASTD" -n "hft$$$1" -i "$2" -m always \
		-x generic -o max_flows=65536 -o learn_s=0 \
		-o key_file="$TMP/keys.$1"
	wait_for 15 of_machine "$1" status || cat "$TMP/handfastd.$1.out"
}

# counter NS NAME
counter() {
	of_machine "$1" counters --json | jq ".counters.$2"
}

# all_connect NAME
all_connect() {
	cli "$TOOLS/load" -d $ANY4 -p 80 -r 200 -t 2 >"$TMP/load.out"
	assert_eq "$1: all connect" "$(field ok load) $(field failed load)" \
		"400 0"
}

each_by_another() {
	all_connect "calm"
	for pair in "srv three" "two srv" "three two"; do
		assert_ge "calm: ${pair% *} answers SYNs" \
			"$(counter "${pair% *}" syn_answered)" 50
		assert_eq "calm: ... that ${pair#* } validates" \
			"$(counter "${pair#* }" ack_accepted)" \
			"$(counter "${pair% *}" syn_answered)"
	done
}

# mints KEY: it does so on each of the machines
mints() {
	[ "$(grep -l "key $1 mints" "$TMP"/fleet.*.out | wc -l)" -eq 3 ]
}

# rotations: how many were announced, by whoever it was
rotations() {
	cat "$TMP"/fleet.*.out | grep -c "key 1 mints, another one is accepted"
}

rotated() {
	wait_for 20 mints 2
	assert_eq "flood: the next key mints everywhere" $? 0
	assert_eq "flood: announced to each, once" "$(rotations)" 3
}

# Its neighbour learns it first, as by BGP.
machine_dies() {
	ways srv three
	kill -KILL "$(cat "$TMP/handfastd.two.pid")" "$(cat "$TMP/fleet.two.pid")"
	ip -n "hf-$$-fld" link set f1 down
	all_connect "flood, a machine dead"
}

etcd_dies() {
	kill -KILL "$(cat "$TMP/etcd.pid")"
	wait_for 5 grep -q "keys stay as they are" "$TMP/fleet.srv.out"
	assert_eq "etcd dead: it is said" $? 0
	all_connect "flood, etcd dead"
	before=$(cat "$TMP/keys.srv")
	etcd_up
	wait_for 10 etcd_has_some
	assert_eq "etcd comes back, empty: it gets the keys in use" \
		"$(etcd_keys | sed 's/ .* .*//')" "$(echo "$before" |
		sed 's/ .* .*//')"
	[ "$(etcd_keys)" = "$before" ]
	assert_eq "... each byte of them" $? 0
	wait_for 5 grep -q "can be had again" "$TMP/fleet.srv.out"
	assert_eq "etcd back: it is said" $? 0
	all_connect "flood, etcd back"
}

bad_value() {
	in_ns fld curl -s http://127.0.0.1:2379/v3/kv/put -d "{\"key\":\"$(
		printf /handfast/fleet/keys | base64)\",\"value\":\"$(
		printf 'key 9 abc' | base64)\"}" >/dev/null
	wait_for 5 grep -q "keys:1: not .key ID" "$TMP/fleet.srv.out"
	assert_eq "a value that is none: refused, and said" $? 0
	all_connect "a value that is none"
}

net_up
net_flood_up
any_router
any_machine two m1 1
any_machine three m2 2
syns_apart
sysctl_in fld net.ipv4.fib_multipath_hash_policy 1
ip -n "hf-$$-fld" route add blackhole 10.0.0.0/8	# the flood's sources
ways srv two three
etcd_up
machine srv s1 $FLD4
machine two m1 10.79.1.1
machine three m2 10.79.2.1
each_by_another
napi_on fld r0
bg_cli flood "$TOOLS/flood" -i c0 -d $ANY4 -p 80 -m "$(mac_of fld r0)" \
	-r 20000 -t 100
bg_cli real "$TOOLS/load" -d $ANY4 -p 80 -r 100 -t 100
rotated
machine_dies
etcd_dies
stop real
stop flood
assert_ge "it was a flood" "$(counter srv syn_answered)" 50000
assert_eq "flood, keys rotated, a machine and etcd dead: nobody fails" \
	"$(field failed real)" 0
bad_value
for ns in srv three; do
	of_machine $ns detach --all --now
done
summary
