#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_drain.sh: what a detach, the end of a trial and a dead daemon mean for
# spliced connections: they go on for drain_splice_s, and what is left is reset
# on both sides, never silent.
#
# Topology: lib.sh, with the second client.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# begin NS NAME ADDR IDLE: idle connections
begin() {
	hf_bg "$1" "$2" "$TOOLS/echoes" -d "$3" -p 7 -i "$4" -b 0
	wait_for 10 grep -q connected "$TMP/$2.out"
}

# ended NAME TEXT N: each says its last word and hears it
ended() {
	stop "$1"
	assert_eq "$2" "$(cut -d' ' -f1,2 "$TMP/$1.out" | tail -1)" \
		"ok=$3 failed=0"
}

# at_server PREFIX: connections of port 7 that the server's kernel has
at_server() {
	in_ns srv ss -Htn state established "( sport = :7 )" dst "$1" | wc -l
}

at_client() {
	in_ns "$1" ss -Htn state established "( dport = :7 )" | wc -l
}

nobody_left() {
	[ "$(at_server "$1")" -eq 0 ] && [ "$(at_client "$2")" -eq 0 ]
}

# gone NAME PREFIX NS: on both sides
gone() {
	wait_for 5 nobody_left "$2" "$3"
	assert_eq "$1: nobody has them any more, on either side" \
		"$(at_server "$2") $(at_client "$3")" "0 0"
}

said() {
	assert_eq "$1" "$(grep -o \
		"[0-9]* spliced connections were reset on both sides" "$2" |
		tail -1)" "$3 spliced connections were reset on both sides"
}

start() {
	start_handfast -i s0 -i s1 -m always -p 7 -x generic -o handoff=splice \
		-o drain_s=0.2 "$@"
}

# One of two interfaces; the other one's connections know nothing of it.
one_interface() {
	start -o drain_splice_s=4
	begin cli stays "$SRV4" 5
	begin cli ends "$SRV4" 3
	begin fld other "$SRV4_FLD" 4
	assert_eq "each was spliced" "$(counter splice_opened)" 12
	srv "$HANDFAST" -n "$HF_NAME" detach s0 >"$TMP/detach.out" 2>&1 &
	detach=$!
	wait_for 3 drains
	assert_eq "detach IFACE: drains" $? 0
	begin cli new "$SRV4" 1
	ended new "... a new connection is the kernel's, and well" 1
	assert_eq "... not spliced" "$(counter splice_opened)" 12
	ended ends "... one that ends within the time is well" 3
	wait $detach
	assert_eq "... and the command ends when it is detached" $? 0
	assert_eq "... s1 is attached still" "$(hf_quiet status --json |
		jq -c '[.interfaces[].name]')" '["s1"]'
	said "... the others are reset, and it is said" "$TMP/handfastd.out" 5
	assert_eq "... and counted" "$(counter splice_reset)" 5
	gone "detach IFACE" "10.77.0.0/24" cli
	ended other "... those of the other interface are well" 4
	stop stays
	begin fld other "$SRV4_FLD" 4
	hf detach s1 --now
	assert_eq "detach IFACE --now" $? 0
	gone "detach IFACE --now" "10.78.0.0/24" fld
	stop other
	end_daemon TERM
}

drains() {
	[ "$(hf_quiet status --json | jq -r '.interfaces[] |
		select(.name == "s0") | "\(.armed) \(.why)"')" = \
		"false draining" ]
}

# A trial that nobody confirms.
trial() {
	instance "$HF_NAME"
	srv env HANDFASTD="$HANDFASTD" "$HANDFAST" -n "$HF_NAME" attach s0 \
		--try 3 -m always -p 7 -x generic -o handoff=splice \
		-o learn_s=0 -o drain_s=0.2 -o drain_splice_s=2 >/dev/null
	begin cli trial "$SRV4" 3
	assert_eq "trial: spliced" "$(counter splice_opened)" 3
	wait_for 8 drains
	assert_eq "the end of a trial: drains" $? 0
	assert_eq "... its connections go on meanwhile" \
		"$(at_server 10.77.0.0/24)" 3
	wait_for 8 not_attached
	assert_eq "... then it is detached" $? 0
	gone "trial" "10.77.0.0/24" cli
	stop trial
}

not_attached() {
	! hf_attached
}

# The daemon is dead: the command does what it would have done.
dead() {
	start
	begin cli first "$SRV4" 4
	begin fld second "$SRV4_FLD" 3
	end_daemon KILL
	hf detach s0 2>"$TMP/detach.err"
	assert_eq "daemon dead: detach IFACE" $? 0
	said "... says what it ended" "$TMP/detach.err" 4
	gone "daemon dead" "10.77.0.0/24" cli
	assert_eq "... the other interface goes on" \
		"$(at_server 10.78.0.0/24)" 3
	hf detach --all 2>"$TMP/detach.err"
	assert_eq "daemon dead: detach --all" $? 0
	said "... says what it ended" "$TMP/detach.err" 3
	gone "daemon dead" "10.78.0.0/24" fld
	stop first
	stop second
}

at_once() {
	start -o drain_splice_s=600
	begin cli first "$SRV4" 4
	hf detach --all --now
	assert_eq "detach --all --now" $? 0
	gone "detach --all --now" "10.77.0.0/24" cli
	assert_eq "... nothing is left" "$(hf_attached; echo $?)" 1
	stop first
	stop handfastd
}

net_up
net_flood_up
serve echo -p 7 -e
one_interface
trial
dead
at_once
summary
