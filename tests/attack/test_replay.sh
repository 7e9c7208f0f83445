#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_replay.sh: who saw a third ACK and its request sends them once more, after
# many other connections: the request must not run twice. By each handoff, and by the
# plain kernel, which has no memory of it: its socket is gone, and it answers RST.
#
# Topology: attack.sh; seg speaks from 10.100.0.9.
set -u
# shellcheck source=tests/attack/attack.sh
. "$(dirname "$0")/attack.sh"

OTHERS=72000

# conversation PORT: what its third ACK was is written to $TMP/proof. By splice the
# request in it is dropped, as clients repeat it.
conversation() {
	in_ns cli "$TOOLS/seg" -i c0 -s 10.100.0.9 -d "$SRV4" -m "$SRV_MAC" \
		-p 80 "send S sport=$1 mss=1460 sack ts=1000,0 ws=7" \
		"expect SA" "set x=iss+1" "set y=rcv_nxt" "print x y rts" \
		"send PA ts=1001,rts data=once\n" "sleep 50" \
		"send PA seq=x ts=1002,rts data=once\n" \
		"expect PA skip data=ok\n" \
		"send FA ts=1003,rts" "expect FA skip" "send A ts=1004,rts" \
		>"$TMP/proof"
}

# copy_of PORT: the same segment, to the bit
copy_of() {
	# shellcheck disable=SC2046  # three numbers
	set -- "$1" $(sed -n 's/^.*x=\([0-9]*\) y=\([0-9]*\) rts=\([0-9]*\).*/\1 \2 \3/p' \
		"$TMP/proof")
	in_ns cli "$TOOLS/seg" -i c0 -s 10.100.0.9 -d "$SRV4" -m "$SRV_MAC" \
		-p 80 "send PA sport=$1 seq=$2 ack=$3 ts=1001,$4 data=once\n" \
		"sleep 300" >/dev/null
}

accepted() {
	grep -c "^accept 10.100.0.9 $1 " "$TMP/web.out"
}

# some: from more addresses than one, since ports are few
some() {
	bg_cli one "$TOOLS/load" -d "$SRV4" -p 80 -r 3000 -t 3 \
		-S "$CLI4" -S 10.77.0.5 -S 10.77.0.6 -S 10.77.0.7
	bg_cli two "$TOOLS/load" -d "$SRV6" -p 80 -r 3000 -t 3 \
		-S "$CLI6" -S fd77::5 -S fd77::6 -S fd77::7
	join one
	join two
}

# many others, as fast as a busy machine allows
others() {
	wanted=$(($(counter flow_closed) + OTHERS))
	rounds=0
	until counter_is flow_closed $wanted || [ $rounds -eq 12 ]; do
		some
		rounds=$((rounds + 1))
	done
	wait_for 10 counter_is flow_closed $wanted
}

# The same copy before handfast is there: the kernel's cookies do not know either.
plain_kernel() {
	conversation 40001
	copy_of 40001
	assert_eq "plain kernel: a copy opens nothing" "$(accepted 40001)" 1
	sysctl_in srv net.ipv4.tcp_syncookies 2
	conversation 40002
	copy_of 40002
	assert_eq "plain kernel, its cookies: the request runs twice" \
		"$(accepted 40002)" 2
	sysctl_in srv net.ipv4.tcp_syncookies 1
}

each_replay() {
	defend -m always -o "handoff=$handoff" -o max_flows=262144 -o msl_s=1
	conversation $port
	wait_for 10 counter_is flow_closed 1
	copy_of $port
	assert_eq "$handoff at once: the copy opens nothing" \
		"$(accepted $port)" 1
	others
	copy_of $port
	assert_eq "$handoff after $OTHERS others: the copy opens nothing" \
		"$(accepted $port)" 1
	assert_ge "$handoff it is counted" "$(counter ack_replayed)" 2
	hf counters
	check_identities
	disarm
	port=$((port + 1))
}

attack_up
for last in 5 6 7; do
	hf_addr cli c0 10.77.0.$last fd77::$last
done
plain_kernel
port=41000
by_each_handoff each_replay
summary
