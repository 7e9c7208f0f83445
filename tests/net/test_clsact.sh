#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_clsact.sh: tc by filters of a clsact qdisc, where tcx is missing or not
# wanted: attached, taken over, taken off by whoever detaches, and what belongs
# to somebody else stays.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

CLSACT="${HF_OPTIONS:-} -o tc=clsact"

# filters NS DEV: of handfast, at ingress and egress
filters() {
	for way in in:ingress out:egress; do
		in_ns "$1" tc filter show dev "$2" "${way#*:}" |
			grep -c "hf_tc_${way%:*}"
	done | tr '\n' ' '
}

qdiscs() {
	in_ns "$1" tc qdisc show dev "$2" | grep -c clsact
}

# what stands NS DEV: filters and qdiscs
stands() {
	echo "$(filters "$1" "$2")$(qdiscs "$1" "$2")"
}

attached() {
	start_handfast -i s0 -m always
	assert_eq "a filter each way" "$(stands srv s0)" "1 1 1"
	connects "by filters" 50 50
	check_identities
	end_daemon KILL
	start_handfast -i s0 -m always
	assert_eq "taken over, not doubled" "$(stands srv s0)" "1 1 1"
	connects "taken over" 50 50
	end_daemon TERM
	assert_eq "SIGTERM: nothing is left" "$(stands srv s0)" "0 0 0"
	start_handfast -i s0 -m always
	end_daemon KILL
	"$HANDFAST" -n "$HF_NAME" detach --all	# from another namespace
	assert_eq "killed: detach --all leaves nothing" "$(stands srv s0)" \
		"0 0 0"
}

of_somebody_else() {
	in_ns srv tc qdisc add dev s0 clsact
	start_handfast -i s0 -m always
	assert_eq "clsact of somebody else: used" "$(stands srv s0)" "1 1 1"
	end_daemon TERM
	assert_eq "clsact of somebody else: stays" "$(stands srv s0)" "0 0 1"
	in_ns srv tc qdisc del dev s0 clsact
}

old_link() {
	in_ns old ip link add o0 type veth peer name o1
	in_ns old ip link set o0 up
}

# A namespace that is gone took all with it; its number comes again.
namespace_gone() {
	hf_ns_add old
	old_link
	# shellcheck disable=SC2086 # several words
	hf_bg old handfastd "$HANDFASTD" -n "$HF_NAME" -o max_flows=65536 \
		-o learn_s=0 \
		$HF_OPTIONS -i o0 -m always
	wait_for 15 "$HANDFAST" -n "$HF_NAME" status
	assert_eq "another namespace: a filter each way" "$(stands old o0)" \
		"1 1 1"
	end_daemon KILL
	ip netns del "hf-$$-old"
	ip netns add "hf-$$-old"
	old_link
	in_ns old tc qdisc add dev o0 clsact
	"$HANDFAST" -n "$HF_NAME" detach --all
	assert_eq "namespace gone: detach --all" $? 0
	assert_eq "namespace gone: its successor is left alone" \
		"$(stands old o0)" "0 0 1"
}

net_up
serve web -p 80 -b 1024
HF_OPTIONS=$CLSACT
attached
of_somebody_else
namespace_gone
again "$CLSACT" untouched
summary
