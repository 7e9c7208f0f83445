#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_chain.sh: other programs in the chains of an interface, ours taken off or
# overtaken while 500 clients a second connect: noticed, mended, and no client is
# reset. The plain kernel beside it: the same with no handfast.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# other NAME WAY WHERE VERDICT: somebody else's program
other() {
	bg_srv "$1" "$TOOLS/tcx" s0 "$2" "$3" "$4"
	wait_for 5 grep -q ready "$TMP/$1.out"
}

said() {
	grep -q "$1" "$TMP/handfastd.out"
}

some_connected() {
	[ "$(hf_nstat srv TcpPassiveOpens)" -ge $((opened + $1)) ]
}

# meanwhile NAME CMD...: CMD while clients connect, $most of whom at least do
meanwhile() {
	what=$1
	shift
	opened=$(hf_nstat srv TcpPassiveOpens)
	bg_cli load "$TOOLS/load" -d "$SRV4" -p 80 -r 500 -t 2 -k 2500
	wait_for 3 some_connected 200
	"$@"
	assert_eq "$mode $what: done" $? 0
	join load
	assert_ge "$mode $what: clients connect, of 1000" "$(field ok load)" \
		"$most" && return
	cat "$TMP/load.out" "$TMP/handfastd.out"
	hf_quiet counters | grep -v ' 0  '
}

plain_kernel() {
	mode="plain kernel"
	meanwhile "another program comes first" other kernel ingress before 0
	stop kernel
}

mended() {
	wait_for 3 said "$1"
	assert_eq "$mode $2: it is said" $? 0 || cat "$TMP/handfastd.out"
	wait_for 3 hf_quiet status
	assert_eq "$mode $2: armed again" $? 0
	connects "$mode $2" 20 20
}

overtaken() {
	for way in ingress egress; do
		meanwhile "overtaken at $way" other "before_$way" $way before 0
		mended "tc $way: program id [0-9]* comes before" \
			"overtaken at $way"
		stop "before_$way"
	done
}

# pin_of KIND: of ours
pin_of() {
	ls /sys/fs/bpf/handfast/"$HF_NAME"/v[0-9]*/"$1"_*
}

taken_off() {
	for kind in tcin:"tc ingress" tcout:"tc egress" xdp:XDP; do
		meanwhile "$kind taken off" \
			bpftool link detach pinned "$(pin_of "${kind%%:*}")"
		mended "${kind#*:}: handfast's program was taken off" \
			"$kind taken off"
	done
}

there_before() {
	other first ingress before 0
	other out egress before 0
	start_handfast -i s0 -m always -x "$xdp" -o "handoff=$handoff"
	connects "$mode others were there" 50 50
	stop first
	stop out
}

# Five were mended within a minute.
insists() {
	other again ingress before 0
	wait_for 3 why_has "again and again"
	assert_eq "$mode who insists: not armed, and said" $? 0
	hf_quiet status >/dev/null
	assert_eq "$mode who insists: status exits 1" $? 1
	connects "$mode who insists: the kernel alone" 50 0
	stop again
	wait_for 3 hf_quiet status
	assert_eq "$mode who insisted is gone: armed" $? 0
	connects "$mode who insisted is gone" 50 50
}

# filter_other: somebody else's, of our priority: the last that came is the first
filter_other() {
	in_ns srv tc filter add dev s0 ingress protocol all prio 1 bpf da \
		obj "$TOOLS/tc_end.bpf.o" sec tc
}

qdisc_gone() {
	in_ns srv tc qdisc del dev s0 clsact
}

filter_gone() {
	in_ns srv tc filter del dev s0 "$1" prio 1
}

# Where tc has filters XDP cannot see them: it is noticed as soon as it is told,
# after up to some ms, in which the kernel resets who proves himself.
filters() {
	most=990
	start_handfast -i s0 -m always -x generic -o "handoff=$handoff" \
		-o tc=clsact
	for what in qdisc_gone "filter_gone ingress" "filter_gone egress" \
		filter_other; do
		# shellcheck disable=SC2086 # several words
		meanwhile "$what" $what
		mended "tc .* comes before\|taken off" "$what"
		: >"$TMP/handfastd.out"
	done
	check_identities
	end_daemon TERM
	most=1000
}

# refused NAME SAID: what stands is not touched
refused() {
	srv "$HANDFASTD" -n "$HF_NAME" -i s0 -m always -o tc=clsact \
		-o max_flows=65536 >"$TMP/refused.out" 2>&1
	assert_eq "$1: exit 1" $? 1
	assert_eq "$1: it is said" "$(grep -c "$2" "$TMP/refused.out")" 1
	assert_eq "$1: with a cure" "$(grep -c '^ *try:' "$TMP/refused.out")" 1
}

# What cannot stand beside our filters, and what can beside links.
others_qdisc() {
	srv tc qdisc add dev s0 ingress
	refused "an ingress qdisc" "which has no egress"
	assert_eq "an ingress qdisc: stays" \
		"$(in_ns srv tc qdisc show dev s0 | grep -c ingress)" 1
	start_handfast -i s0 -m always -x generic
	connects "an ingress qdisc, beside links" 50 50
	end_daemon TERM
	srv tc qdisc del dev s0 ingress
	srv tc qdisc add dev s0 clsact
	srv tc filter add dev s0 ingress protocol ip prio 1 bpf da \
		obj "$TOOLS/tc_end.bpf.o" sec tc
	refused "another filter of our priority" "has priority 1"
	start_handfast -i s0 -m always -x generic
	connects "another filter, beside links" 50 50
	end_daemon TERM
	srv tc qdisc del dev s0 clsact
}

net_up
serve web -p 80 -b 1024
bg_srv tcx "$TOOLS/tcx" s0 ingress before -1
wait_for 5 grep -q . "$TMP/tcx.out"
stop tcx
grep -q ready "$TMP/tcx.out" || skip 77 test_chain "no tcx"
most=1000
plain_kernel
others_qdisc
for handoff in reqsk splice; do
	xdp=generic
	if [ $handoff = reqsk ]; then
		handoff_is reqsk || continue
		xdp=native
		native_peers c0
	fi
	mode="$handoff $xdp"
	there_before
	overtaken
	taken_off
	insists
	check_identities
	end_daemon TERM
	ip -n "hf-$$-cli" link set c0 xdp off
	mode="$handoff clsact"
	filters
done
summary
