#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_keys.sh: two machines behind one address share keys by key_file. The router
# gives each SYN to one of them and all the rest to the other, whose clock is three
# seconds ahead: whatever the first answers, the second validates. The file is
# replaced while clients connect, as Kubernetes does it (a symlink's target), and a
# bad one is refused. Without shared keys, as the control, no client connects.
#
#   hf-PID-cli         hf-PID-fld         hf-PID-srv  (10.99.0.1, fd99::1)
#   c0 --------------- r0       f0 ------ s1
#                               f1 ------ t0  hf-PID-two  (the same)
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/anycast.sh
. "$(dirname "$0")/anycast.sh"
FAKETIME=$(find /usr/lib -name libfaketime.so.1 2>/dev/null | head -1)
[ -n "$FAKETIME" ] || skip 77 test_keys "no libfaketime"

MAC1=00112233445566778899aabbccddeeff OFFSET1=ffeeddccbbaa99887766554433221100
MAC2=a0112233445566778899aabbccddeeff OFFSET2=afeeddccbbaa99887766554433221100
TWO=hft$$two

# The client's SYNs go to srv, everything else of it to two.
fleet_up() {
	any_router
	any_machine two t0 1
	ip -n "hf-$$-fld" route add $ANY4 via 10.79.1.2
	ip -n "hf-$$-fld" -6 route add $ANY6 via fd79:0:1::2
	ip -n "hf-$$-fld" route add $ANY4 via "$SRV4_FLD" table 101
	ip -n "hf-$$-fld" -6 route add $ANY6 via "$SRV6_FLD" table 101
	syns_apart
}

# key_lines ID...: what the file has, by one step
key_lines() {
	for id; do
		eval "echo key $id \$MAC$id \$OFFSET$id"
	done >"$TMP/keys.$1-$#"
	chmod "${KEY_MODE:-0400}" "$TMP/keys.$1-$#"
	ln -s "keys.$1-$#" "$TMP/keys.new"
	mv -T "$TMP/keys.new" "$TMP/keys"
}

two_quiet() {
	in_ns two "$HANDFAST" -n $TWO "$@" </dev/null
}

# start_two ARG...: the second machine's, its wall clock as $TMP/clock says
start_two() {
	instance $TWO
	echo +3s >"$TMP/clock"
	hf_bg two handfastd2 env LD_PRELOAD="$FAKETIME" FAKETIME_NO_CACHE=1 \
		FAKETIME_TIMESTAMP_FILE="$TMP/clock" \
		FAKETIME_DONT_FAKE_MONOTONIC=1 "$HANDFASTD" -n $TWO -i t0 \
		-m always -x generic -o max_flows=65536 -o learn_s=0 "$@"
	wait_for 15 two_quiet status || cat "$TMP/handfastd2.out"
}

start_both() {
	start_handfast -i s1 -m always -x generic "$@"
	start_two "$@"
}

end_both() {
	check_identities
	hf detach --all --now
	two_quiet detach --all --now
	stop handfastd
	stop handfastd2
}

two_counter() {
	two_quiet counters --json | jq -r ".counters.$1"
}

# all_connect NAME ADDR: what srv answered, two validated
all_connect() {
	cli "$TOOLS/load" -d "$2" -p 80 -r 100 -t 2 >"$TMP/load.out"
	assert_eq "$1: all connect, $2" \
		"$(field ok load) $(field failed load)" "200 0"
}

none_without() {
	start_both -o "handoff=$handoff"
	cli "$TOOLS/load" -d $ANY4 -p 80 -r 20 -t 1 -k 1500 >"$TMP/load.out"
	assert_eq "$handoff, each its own keys: nobody connects" \
		"$(field ok load)" 0
	end_both
}

# clock_of NAME: in ms, of the generation that mints
clock_of() {
	bpftool -j map dump pinned "/sys/fs/bpf/handfast/$1"/v*/keys |
		jq '[.[].formatted.value | select(.cookie.k0 != 0)][-1].clock_off_ms'
}

# The clock of the one goes an hour on, and back: what the other answers is still
# validated.
wall_clock_steps() {
	assert_eq "$handoff: the clocks are three seconds apart" \
		"$((($(clock_of $TWO) - $(clock_of "$HF_NAME") + 500) / 1000))" 3
	echo +3603s >"$TMP/clock"
	wait_for 3 grep -q "clock went 3[56]..... ms" "$TMP/handfastd2.out"
	assert_eq "$handoff: the step is said" $? 0
	all_connect "$handoff, an hour on" $ANY4
	echo +3s >"$TMP/clock"
	wait_for 3 grep -q "clock went -3[56]..... ms" "$TMP/handfastd2.out"
	all_connect "$handoff, and back" $ANY6
}

# They pass through memory that no core file has, and are wiped. The tool finds what
# is there: the name.
nothing_in_memory() {
	pid=$(cat "$TMP/handfastd.pid")
	"$TOOLS/memory" "$pid" $MAC1 $OFFSET1 $MAC2 $OFFSET2 >"$TMP/memory.out"
	assert_eq "$handoff: no key is in the daemon's memory" \
		"$(field found memory)" 0
	assert_ge "$handoff: they pass through what no core file has" \
		"$(field apart_kb memory)" 4
	name=$(printf %s "$TMP/keys/and/more" | od -An -tx1 -N 16 | tr -d ' \n')
	assert_ge "$handoff: ... while the file's name is" \
		"$("$TOOLS/memory" "$pid" "$name" | sed 's/found=//; s/ .*//')" 1
}

# No timestamps: an epoch's bit says which one it is.
without_timestamps() {
	sysctl_in cli net.ipv4.tcp_timestamps 0
	all_connect "$handoff, no timestamps" $ANY4
	sysctl_in cli net.ipv4.tcp_timestamps 1
}

# generations: how many of either's keys there were
generations() {
	echo "$(hf_quiet keys --json | jq .generation)" \
		"$(two_quiet keys --json | jq .generation)"
}

# both_have_new BEFORE: the file has two keys
both_have_new() {
	[ "$(generations)" = "$((${1% *} + 2)) $((${1#* } + 2))" ]
}

# One key more, then the other first, then the first one gone.
replaced() {
	bg_cli real "$TOOLS/load" -d $ANY4 -p 80 -r 100 -t 60
	for file in "1 2" "2 1"; do
		before=$(generations)
		# shellcheck disable=SC2086 # IDs
		key_lines $file
		wait_for 3 both_have_new "$before"
	done
	before=$(generations)
	key_lines 2
	sleep 0.5
	stop real
	assert_eq "$handoff, the file is replaced: all connect" \
		"$(field failed real)" 0
	assert_eq "$handoff, a key less: it is no new generation" \
		"$(generations)" "$before"
	all_connect "$handoff, the other key" $ANY6
}

# refused NAME SAID: what it was stays
refused() {
	wait_for 3 grep -q "$2" "$TMP/handfastd.out"
	assert_eq "$1: refused, and said" $? 0
	all_connect "$1" $ANY4
}

bad_files() {
	KEY_MODE=0644 key_lines 2
	refused "$handoff, others may read it" "others may read or write it"
	ln -s nowhere "$TMP/keys.new"
	mv -T "$TMP/keys.new" "$TMP/keys"
	refused "$handoff, no file" "No such file"
	echo "key 3 $MAC1" >"$TMP/keys.bad"
	chmod 0400 "$TMP/keys.bad"
	ln -s keys.bad "$TMP/keys.new"
	mv -T "$TMP/keys.new" "$TMP/keys"
	refused "$handoff, half a line" "not .key ID KEY KEY"
	assert_eq "$handoff: keys rotate says where they come from" \
		"$(hf_quiet keys rotate 2>&1 | head -1)" \
		"handfast: keys: come from $TMP/keys"
	assert_eq "$handoff: keys names the file" \
		"$(hf_quiet keys --json | jq -r .file)" "$TMP/keys"
	assert_eq "$handoff: no byte of them was said" \
		"$(cat "$TMP"/handfastd*.out | grep -ci "$MAC1\|$MAC2\|$OFFSET2")" 0
	"$HANDFASTD" -t -o key_file="$TMP/keys" 2>"$TMP/test.out"
	assert_eq "handfastd -t: refuses it" \
		"$? $(grep -c 'not .key ID' "$TMP/test.out")" "1 1"
}

# A new daemon goes on with what the old one had.
restarted() {
	key_lines 2
	before=$(generations)
	end_daemon KILL
	start_handfast -i s1 -m always -x generic -o "handoff=$handoff" \
		-o "key_file=$TMP/keys"
	assert_eq "$handoff, a new daemon: the same generation" \
		"$(generations)" "$before"
	all_connect "$handoff, a new daemon" $ANY4
}

keys_are_own() {
	hf_quiet keys --json | jq -e '.file == null and .age_s < 5' &&
		[ "$(pinned keys "[.[].formatted.value | select(.ahead_ms > 0)] |
			length")" -lt "$1" ]
}

# Those of a file go when the file is not named any more.
without_file() {
	shared=$(pinned keys "[.[].formatted.value | select(.ahead_ms > 0)] |
		length")
	end_daemon USR2
	start_handfast -i s1 -m always -x generic -o "handoff=$handoff"
	wait_for 3 keys_are_own "$shared"
	assert_eq "$handoff, a new daemon without the file: own keys" $? 0
}

shared_keys() {
	none_without
	key_lines 1
	start_both -o "handoff=$handoff" -o "key_file=$TMP/keys"
	before=$(two_counter ack_accepted)
	all_connect "$handoff, shared keys" $ANY4
	all_connect "$handoff, shared keys" $ANY6
	without_timestamps
	assert_eq "$handoff: one answered them, the other validated" \
		"$(counter syn_answered) $(($(two_counter ack_accepted) - before))" \
		"600 600"
	wall_clock_steps
	replaced
	nothing_in_memory
	bad_files
	restarted
	without_file
	end_both
}

net_up
net_flood_up
fleet_up
serve web -a $ANY4 -p 80
serve web6 -a $ANY6 -p 80
serve_in two web2 -a $ANY4 -p 80
serve_in two web62 -a $ANY6 -p 80
for handoff in reqsk splice; do
	[ "$handoff" = splice ] || handoff_is reqsk || continue
	shared_keys
done
summary
