#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_explain.sh: `handfast explain` says what becomes of a SYN and of an ACK
# before they come: the same that happens to them afterwards; and it changes nothing.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

answered="answered syn_answer_ts half_open_made"
accepted="passed ack_accepted flow_created"

# explain CLIENT SERVER [OPTION...]: into $TMP/explain.json
explain() {
	hf_quiet explain --json "$@" >"$TMP/explain.json" 2>"$TMP/explain.err"
}

said() {
	jq -r "$1" "$TMP/explain.json"
}

# fate WHAT SYN ACK: "VERDICT REASON..." of each
fate() {
	assert_eq "$1: a SYN" \
		"$(said '[.syn.verdict] + .syn.reasons | join(" ")')" "$2"
	assert_eq "$1: an ACK" \
		"$(said '[.ack.verdict] + .ack.reasons | join(" ")')" "$3"
}

# but for what is not TCP: the kernels' own
all_counters() {
	hf_quiet counters --json | jq -c '.counters | del(.pass_not_tcp)'
}

# What it says of the options is what a real client gets from a real handshake.
options() {
	explain "$1:40000" "$2:80"
	fate "$3" "$answered" "$accepted"
	bg_cli held "$TOOLS/hold" -d "$(echo "$2" | tr -d '[]')" -p 80
	wait_for 5 grep -q connected "$TMP/held.out"
	assert_eq "$3: window scale and MSS as the client's kernel has them" \
		"$(in_ns cli ss -Htino "dport = :80" |
			sed -n 's/.*wscale:\([0-9]*\),.*mss:\([0-9]*\) .*/\1 \2/p')" \
		"$(said '"\(.syn.answer.wscale) \(.syn.answer.mss - 12)"')"
	stop held
}

pins() {
	find /sys/fs/bpf -maxdepth 1
	find "/sys/fs/bpf/handfast/$HF_NAME"
}

# programs that use the maps of this instance
programs() {
	id=$(bpftool -j map show pinned \
		"$(ls /sys/fs/bpf/handfast/"$HF_NAME"/v[0-9]*/control)" |
		jq .id)
	bpftool -j prog show |
		jq "[.[] | select((.map_ids // []) | index($id))] | length"
}

# changes_nothing: no counter, record, packet, program or pin
changes_nothing() {
	pins >"$TMP/pins"
	before_programs=$(programs)
	before=$(all_counters)
	flows=$(hf_quiet flows --json | jq .total)
	capture wire srv s0 tcp
	for n in 1 2 3; do
		explain "10.77.0.1:4000$n" "$SRV4:80"
	done
	assert_eq "three times: no counter moves" "$(all_counters)" "$before"
	assert_eq "three times: no record is made" \
		"$(hf_quiet flows --json | jq .total)" "$flows"
	stop wire
	assert_eq "three times: nothing is sent" \
		"$(tcpdump -nr "$TMP/wire.pcap" 2>/dev/null | wc -l)" 0
	assert_ge "three times: programs of ours" "$before_programs" 3
	assert_eq "three times: no more of them" "$(programs)" \
		"$before_programs"
	assert_eq "three times: no pin" "$(pins)" "$(cat "$TMP/pins")"
}

local_port() {
	in_ns cli ss -Htn "dport = :80" | awk '{ sub(/.*:/, "", $4); print $4 }'
}

a_connection() {
	bg_cli held "$TOOLS/hold" -d "$SRV4" -p 80
	wait_for 5 flow_is ESTABLISHED || cat "$TMP/held.out"
	explain "$CLI4:$(local_port)" "$SRV4:80"
	assert_eq "a connection: its state" "$(said .flow.state)" ESTABLISHED
	assert_eq "a connection: a SYN" "$(said .syn.reasons[0])" \
		syn_pass_live_flow
	assert_eq "a connection: its next ACK" "$(said .ack.reasons[0])" flow_in
	stop held
}

flow_is() {
	hf_quiet flows --json | jq -e ".flows[] | select(.state == \"$1\")"
}

sentences() {
	hf_quiet explain "$CLI4:40000" "$SRV4:80" >"$TMP/text"
	for part in "^$CLI4:40000 > $SRV4:80$" "It comes by s0, which is armed" \
		"The service is \*:80, mode $1, armed\.$" \
		"There is no record of the connection" \
		"A SYN would be $2" "$3: .*RFC "; do
		assert_eq "in sentences: $part" "$(grep -c "$part" "$TMP/text")" 1
	done
}

# refused WHAT EXIT WORD...
refused() {
	what=$1 status=$2
	shift 2
	hf_quiet explain "$@" >"$TMP/out" 2>"$TMP/err"
	assert_eq "$what: exit $status" $? "$status"
	assert_eq "$what: nothing on stdout" "$(wc -c <"$TMP/out")" 0
}

bad_use() {
	refused "no tuple" 2
	refused "one end" 2 "$SRV4:80"
	refused "no port" 2 "$CLI4:1" "$SRV4"
	refused "port 0" 2 "$CLI4:1" "$SRV4:0"
	refused "no address" 2 "client:1" "$SRV4:80"
	refused "two IP versions" 2 "$CLI4:1" "[$SRV6]:80"
	refused "an interface that is not attached" 1 "$CLI4:1" "$SRV4:80" \
		--interface lo
}

# What comes in a VLAN is answered once somebody answered there: a SYN-ACK left.
vlans() {
	start_handfast -i s0 -m always
	connects "the service has answered, untagged" 5 5
	in_vlan 5 "passed pass_vlan" "passed pass_vlan"
	assert_eq "in VLAN 5: as JSON has it" "$(said .vlans[])" 5
	in_ns srv "$TOOLS/seg" -i s0 -s 10.77.0.99 -d $CLI4 \
		-m "$(mac_of cli c0)" \
		"send SA sport=80 dport=9 seq=1 ack=1 vlan=5" >"$TMP/seg"
	in_vlan 5 "$answered" "$accepted"
	in_vlan 6 "passed pass_vlan" "passed pass_vlan"
	in_vlan 6.5 "passed pass_vlan" "passed pass_vlan"
	assert_eq "in VLAN 5 in VLAN 6: as JSON has it" \
		"$(said '.vlans | join(" ")')" "6 5"
	hf_quiet explain "$CLI4:40000" "$SRV4:80" --vlan 6.5 >"$TMP/text"
	assert_eq "in VLAN 5 in VLAN 6: in sentences" \
		"$(grep -c "^It comes in VLAN 5 in VLAN 6 by s0," "$TMP/text")" 1
	for id in 0 4095 x 5. .5 5.6.7 ""; do
		refused "VLAN '$id'" 2 "$CLI4:1" "$SRV4:80" --vlan "$id"
	done
}

# in_vlan ID SYN ACK
in_vlan() {
	explain "$CLI4:40000" "$SRV4:80" --vlan "$1"
	fate "in VLAN $1" "$2" "$3"
}

net_up
serve web -p 80
start_handfast -i s0 -m always
connects "the service has answered" 5 5
options $CLI4 $SRV4 IPv4
options "[$CLI6]" "[$SRV6]" IPv6
changes_nothing
a_connection
sentences always answered syn_answer_ts
explain "$CLI4" "$SRV4:81"
fate "no service" "passed pass_not_service" "passed pass_not_service"
assert_eq "no service: none is named" "$(said .service)" null
bad_use
end_daemon KILL
explain "$CLI4:40000" "$SRV4:80"
fate "the daemon is dead" "$answered" "$accepted"
hf_quiet detach --all >"$TMP/out"
start_handfast -i s0 -m auto
explain "$CLI4:40000" "$SRV4:80"
fate "mode auto, calm" "passed syn_pass_calm" "passed pass_calm"
end_daemon TERM
refused "not attached" 1 "$CLI4:1" "$SRV4:80"
vlans
summary
