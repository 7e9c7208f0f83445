#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_spliced_paths.sh: the ways that packets of spliced services may take: by
# the loopback, back through the gateway they came from, in by one interface and
# out by another, between link-local addresses, in VLANs. The plain kernel first.
#
# Topology: both.sh, and a second link, c1 10.78.0.1 fd78::1 - s1 10.78.0.2
# fd78::2, between client and host.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/both.sh
. "$(dirname "$0")/both.sh"

TWO4=10.78.0.2 TWO6=fd78::2 CLI_TWO4=10.78.0.1 CLI_TWO6=fd78::1

second_link() {
	hf_link cli c1 srv s1 || exit 1
	hf_addr cli c1 $CLI_TWO4 $CLI_TWO6 || exit 1
	hf_addr srv s1 $TWO4 $TWO6 || exit 1
	hf_neigh_use cli c1 $TWO4 $TWO6
	hf_neigh_use srv s1 $CLI_TWO4 $CLI_TWO6
}

# connect NAME NS ADDR PORT [LOAD-ARG...]: 20 connections, asked and answered
connect() {
	what=$1
	from=$2
	to=$3
	port=$4
	shift 4
	in_ns "$from" "$TOOLS/load" -d "$to" -p "$port" -r 200 -t 0.1 -k 3000 \
		"$@" >"$TMP/load.out"
	assert_eq "$what: $mode $to" "$(cut -d' ' -f1,2 "$TMP/load.out")" \
		"ok=20 failed=0"
}

# touched: all that handfast counts but what it lets pass unseen, and what other
# connections do meanwhile
touched() {
	[ -z "$spliced" ] || hf_quiet counters --json | jq -c '.counters |
		with_entries(select(.key | test("^(pass|flow)_") | not))'
}

# untouched NAME COMMAND...: that has nothing to do with handfast
untouched() {
	name=$1
	shift
	before=$(touched)
	"$@"
	assert_eq "$name: $mode handfast has no part in it" "$(touched)" \
		"$before"
}

# splices NAME COUNT COMMAND...: so many are spliced by it
splices() {
	name=$1
	count=$2
	shift 2
	before=$([ -z "$spliced" ] || counter splice_opened)
	"$@"
	[ -z "$spliced" ] || assert_eq "$name: $mode spliced" \
		$(($(counter splice_opened) - before)) "$count"
}

own_address() {
	for to in "$SRV4" "$SRV6" 127.0.0.1 ::1; do
		connect "the host to itself" srv "$to" 80
	done
}

# A container behind asks for what the host publishes, and for the host's own.
hairpin() {
	for to in "$SRV4" "$SRV6"; do
		connect "from behind to a published port" box "$to" 8080
		connect "from behind to the host's own" box "$to" 80
	done
}

publish() {
	in_ns srv nft -f - <<-END || fail "nft takes the rules"
	table inet publish {
		chain pre {
			type nat hook prerouting priority dstnat;
			tcp dport 8080 dnat ip to $BOX4:80
			tcp dport 8080 dnat ip6 to [$BOX6]:80
		}
		chain post {
			type nat hook postrouting priority srcnat;
			ct status dnat masquerade
		}
	}
	END
}

# way DIRECTION IF: packets to the host's first address, or to the client's
way() {
	case $1$2 in
	inc1) set -- cli "$SRV4" $TWO4 "$SRV6" $TWO6 $CLI4 $CLI6 ;;
	outs1) set -- srv $CLI4 $CLI_TWO4 $CLI6 $CLI_TWO6 "$SRV4" "$SRV6" ;;
	inc0)
		ip -n "hf-$$-cli" route del "$SRV4/32"
		ip -n "hf-$$-cli" -6 route del "$SRV6/128"
		return
		;;
	outs0)
		ip -n "hf-$$-srv" route del "$CLI4/32"
		ip -n "hf-$$-srv" -6 route del "$CLI6/128"
		return
		;;
	esac
	ip -n "hf-$$-$1" route add "$2/32" via "$3" src "$6"
	ip -n "hf-$$-$1" -6 route add "$4/128" via "$5" src "$7"
}

two_ways() {
	for to in "$SRV4" "$SRV6"; do
		splices "in by one interface, out by another" 20 \
			connect "in by one interface, out by another" cli \
			"$to" 80
	done
}

# bytes that came back
heard() {
	in_ns cli ss -Htin "dport = :7" | grep -o 'bytes_received:[0-9]*' |
		cut -d: -f2 | sort -n | tail -1
}

more_heard() {
	[ "$(heard)" -gt "$1" ]
}

# Each connection goes on, whichever way its packets take.
rerouted() {
	bg_cli echoes "$TOOLS/echoes" -d "$to" -p 7 -i 0 -b 4
	wait_for 10 grep -q connected "$TMP/echoes.out"
	for step in "in c1" "out s1" "in c0" "out s0"; do
		wait_for 10 more_heard $(($(heard) + 100000))
		# shellcheck disable=SC2086 # two words
		way $step
	done
	wait_for 10 more_heard $(($(heard) + 100000))
	assert_eq "the way changes: $mode $to goes on" $? 0
	stop echoes
	assert_eq "the way changes: $mode $to byte by byte" \
		"$(cut -d' ' -f1,2 "$TMP/echoes.out" | tail -1)" \
		"ok=4 failed=0"
}

two_links() {
	for pair in "$SRV4 $CLI4 $TWO4 $CLI_TWO4" "$SRV6 $CLI6 $TWO6 $CLI_TWO6"
	do
		# shellcheck disable=SC2086 # words
		set -- $pair
		bg_cli other "$TOOLS/load" -d "$3" -p 80 -r 100 -t 1 -S "$4"
		connect "two interfaces at once" cli "$1" 80 -S "$2"
		join other
		assert_eq "two interfaces at once: $mode $3" \
			"$(cut -d' ' -f1,2 "$TMP/other.out")" \
			"ok=100 failed=0"
	done
}

ll() {
	ip -n "hf-$$-$1" -j -6 addr show dev "$2" |
		jq -r '.[].addr_info[]? | select(.scope == "link").local |
			select(. != "fe80::abc")'
}

# Between link-local addresses, of which each link may have the same.
link_local() {
	for at in 0 1; do
		for to in "$(ll srv s$at)" fe80::abc; do
			splices "link-local" 20 \
				connect "link-local" cli "$to%c$at" 80
		done
	done
	bg_cli echoes "$TOOLS/echoes" -d "fe80::abc%c0" -p 7 -i 2 -b 2
	bg_cli echoes1 "$TOOLS/echoes" -d "fe80::abc%c1" -p 7 -i 2 -b 2
	wait_for 10 grep -q connected "$TMP/echoes.out"
	wait_for 10 grep -q connected "$TMP/echoes1.out"
	wait_for 10 more_heard 100000
	stop echoes
	stop echoes1
	assert_eq "link-local: $mode each byte comes back" \
		"$(sed -n 's/ bytes.*//p' "$TMP/echoes.out" "$TMP/echoes1.out" |
			tr '\n' ' ')" "ok=4 failed=0 ok=4 failed=0 "
}

# flooded ADDR: link-local clients are served beside a flood of the same service
flooded() {
	bg_cli flood "$TOOLS/flood" -i c1 -d "$1" -p 80 \
		-m "$(mac_of srv s1)" -t 20 -r $((60000 / ${HF_SLOW:-1}))
	wait_for 5 phase_is flood
	connect "link-local beside a flood of $1" cli "$(ll srv s0)%c0" 80
	connect "link-local beside a flood of $1" cli "$(ll srv s1)%c1" 80
	stop flood
}

# vlan NAME WORD...: no answer with any tag to a SYN in a VLAN without a device,
# nor to what follows; the untagged connection of the same tuple is another
vlan() {
	what=$1
	shift
	capture tagged cli c0 "inbound and vlan"
	shape "$what" <<-END
	send S mss=1460 sack ts=1000,0 ws=7 $*
	expect none timeout=200
	send A seq=iss+1 ack=12345 ts=1001,1 $*
	send FA seq=iss+1 ack=12345 ts=1001,1 $*
	send R seq=iss+1 $*
	expect none timeout=200
	send S seq=iss mss=1460 sack ts=1000,0 ws=7
	expect SA vlan=0
	send A ts=1001,rts
	$opened
	send A seq=iss+1 ts=1001,rts $*
	send PA seq=iss+1 data=other\n ts=1001,rts $*
	send R seq=iss+1 $*
	send PA seq=iss+1 data=ping\n ts=1001,rts
	expect PA skip data=ok\n vlan=0
	send R
	END
	stop tagged
	assert_eq "$what: $mode nothing tagged comes back" \
		"$(tcpdump -r "$TMP/tagged.pcap" -n 2>/dev/null | wc -l)" 0
}

vlans() {
	for addr in "$SRV4" "$SRV6"; do
		vlan "a VLAN without a device" vlan=5
		vlan "a VLAN with a priority" vlan=0xa005
		vlan "a VLAN in another's" vlan=7 vlan2=5
	done
}

all_cases() {
	untouched "the host to itself" own_address
	untouched "from behind" hairpin
	way in c1
	two_ways
	way in c0
	way out s1
	two_ways
	way out s0
	for to in "$SRV4" "$SRV6"; do
		rerouted
	done
	two_links
	link_local
	vlans
}

net_up
box_up
second_link
for at in 0 1; do
	ip -n "hf-$$-srv" addr add fe80::abc/64 dev s$at nodad
done
napi_on srv s1	# or `flood` does not arrive there
publish
serve web -p 80
serve echo -p 7 -e
plain
all_cases
[ $# -gt 0 ] || set -- generic native
for xdp; do
	[ "$xdp" = native ] && native_peers c1
	spliced_by "$xdp" -i s1 -p 7,80,8080 -p "$BOX4:80,[$BOX6]:80"
	all_cases
	assert_ge "$mode what came in VLANs passed" "$(counter pass_vlan)" 12
	flooded $TWO4
	flooded "$(ll srv s1)"
	unspliced
done
summary
