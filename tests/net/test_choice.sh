#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_choice.sh: which handoff takes a connection, with handoff = auto: reqsk for
# a socket of this host as long as nothing between tc and it wants to see a SYN,
# else splice; for the next connection, whatever made the hook, and while clients
# connect. `services` and `status` say so, and why.
#
# Topology: lib.sh.
# Packages: nftables.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
handoff_is reqsk || skip 77 test_choice "this kernel has one handoff"

FREE="nothing between tc and its socket wants to see a SYN"
HOOKS="netfilter has hooks between tc and the sockets"

# took ADDR: the counters say which handoff took three connections
took() {
	before=$(counter admit_assigned),$(counter splice_opened)
	cli "$TOOLS/load" -d "$1" -p 80 -r 100 -t 0.03 >"$TMP/load.out" ||
		fail "$mode $1: they connect"
	after=$(counter admit_assigned),$(counter splice_opened)
	echo $((${after%,*} - ${before%,*})) $((${after#*,} - ${before#*,}))
}

reqsk_takes() {
	for addr in $2; do
		assert_eq "$mode $1: reqsk takes it, $addr" "$(took "$addr")" \
			"3 0"
	done
}

splice_takes() {
	for addr in $2; do
		assert_eq "$mode $1: it is spliced, $addr" "$(took "$addr")" \
			"0 3"
	done
}

# no_window NAME ADDR: what is spliced may send nothing before its server has a
# window for it
no_window() {
	[ "$2" = "$SRV4" ] || return
	case_is "$mode $1: no window after the first, $2" 10.77.0.50 <<-END
		send S mss=1460 sack ts=1000,0 ws=7
		expect SA win=0
	END
}

# of_service FIELD
of_service() {
	hf_quiet services -j | jq -r ".services[] |
		select(.service == \"*:80\") | .$1"
}

says() {
	[ "$(of_service handoff)" = "$1" ] &&
		[ "$(of_service handoff_why)" = "$2" ] &&
		[ "$(hf_quiet status -j | jq -r .handoff)" = "$1" ]
}

# told NAME HANDOFF WHY
told() {
	wait_for 5 says "$2" "$3"
	assert_eq "$mode $1: services and status say so" $? 0
}

# hooked NAME FAMILY HOOK RULE SPLICED [REQSK]: one chain, made and removed; which
# addresses are spliced meanwhile, and which are not. The rule may be empty.
hooked() {
	in_ns srv nft -f - <<-END || fail "$1: nft"
	table $2 choice {
		chain c {
			type $3;
			$4
		}
	}
	END
	splice_takes "$1" "$5"
	no_window "$1" "${5%% *}"
	[ -z "${6:-}" ] || reqsk_takes "$1" "$6"
	told "$1" splice "$HOOKS"
	in_ns srv nft delete table "$2" choice
	reqsk_takes "$1, removed" "$SRV4 $SRV6"
	told "$1, removed" reqsk "$FREE"
}

hooks() {
	both="$SRV4 $SRV6"
	reqsk_takes "nothing in the way" "$both"
	told "nothing in the way" reqsk "$FREE"
	hooked "a chain at input" inet "filter hook input priority 0" "counter" "$both"
	hooked "a rule that asks conntrack" inet "filter hook prerouting priority 0" \
		"ct state invalid drop" "$both"
	hooked "a chain for IPv4 alone" ip "filter hook input priority 0" "counter" \
		"$SRV4" "$SRV6"
	hooked "a chain for IPv6 alone" ip6 "filter hook prerouting priority -300" \
		"counter" "$SRV6" "$SRV4"
	hooked "NAT" ip "nat hook prerouting priority dstnat" \
		"tcp dport 8080 redirect to 80" "$SRV4" "$SRV6"
	hooked "a chain of the device" netdev \
		"filter hook ingress device s0 priority 0" "counter" "$both"
	hooked "an empty chain" inet "filter hook input priority 0" "" "$both"
}

# Rules that come and go under load end no connection.
under_load() {
	bg_cli steady "$TOOLS/load" -d "$SRV4" -p 80 -r 500 -t 6
	wait_for 5 counter_is ack_accepted 100
	turns=0
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		in_ns srv nft 'table inet choice {
			chain c {
				type filter hook input priority 0
				ct state invalid drop
			}
		}'
		spliced=$(($(counter splice_opened) + 20))
		wait_for 5 counter_is splice_opened $spliced || continue
		in_ns srv nft delete table inet choice
		taken=$(($(counter admit_assigned) + 20))
		wait_for 5 counter_is admit_assigned $taken &&
			turns=$((turns + 1))
	done
	assert_eq "$mode rules come and go: both handoffs were taken, times" \
		$turns 10
	join steady
	cat "$TMP/steady.out"
	assert_eq "$mode rules come and go: no connection was lost" \
		"$(field failed steady)" 0
}

# A sysctl that the reqsk handoff needs is no reason to protect nobody.
without_syncookies() {
	sysctl_in srv net.ipv4.tcp_syncookies 0
	told "tcp_syncookies=0" splice "net.ipv4.tcp_syncookies is 0"
	splice_takes "tcp_syncookies=0" "$SRV4 $SRV6"
	sysctl_in srv net.ipv4.tcp_syncookies 1
	told "tcp_syncookies=1" reqsk "$FREE"
}

# saved ADDR: how many bytes of its SYN a program was given (TCP_SAVE_SYN)
saved() {
	cli "$TOOLS/load" -d "$1" -p 85 -r 100 -t 0.01 >/dev/null
	sed -n 's/^accept.* saved_syn=//p' "$TMP/saved.out" | tail -1
}

# defers ADDR: a connection without data is no connection for the program
# (TCP_DEFER_ACCEPT); another port's, opened after it, is
defers() {
	: >"$TMP/deferred.out"
	defers_from=10.77.0.50
	[ "$1" = "$SRV6" ] && defers_from=fd77::50
	script_open deferring $defers_from "$1"
	cat >&4 <<-END
	set dport=84
	send S mss=1460 sack ts=1000,0 ws=7
	expect SA
	send A ts=1001,rts
	print irs
	END
	wait_for 5 grep -q ^irs= "$TMP/deferring.out"
	cli "$TOOLS/load" -d "$1" -p 80 -r 100 -t 0.01 >/dev/null
	assert_eq "$2: no data, no connection" \
		"$(grep -c ^accept "$TMP/deferred.out")" 0
	cat >&4 <<-END
	send PA seq=iss+1 data=ping\n ts=1002,rts
	sleep 300
	send PA seq=iss+1 data=ping\n ts=1003,rts
	expect PA skip data=ok\n
	send R seq=iss+6
	END
	script_close deferring
	assert_eq "$2: with data it is one" $? 0
	assert_eq "$2: ... for the program, too" \
		"$(grep -c ^accept "$TMP/deferred.out")" 1
}

# mark_of ADDR: what the accepted socket has of its SYN's mark (tcp_fwmark_accept)
mark_of() {
	hf_bg cli marked "$TOOLS/hold" -d "$1" -p 80 -s ping >&2
	wait_for 5 grep -q ok "$TMP/marked.out"
	in_ns srv ss -Htne "sport = :80" | grep -o 'fwmark:[^ ]*'
	stop marked
}

# marks HANDOFF: a rule marks, the socket has it, and who took it
marks() {
	sysctl_in srv net.ipv4.tcp_fwmark_accept 1
	in_ns srv nft 'table inet marks {
		chain pre {
			type filter hook prerouting priority mangle
			tcp dport 80 meta mark set 7
		}
	}'
	for addr in "$SRV4" "$SRV6"; do
		assert_eq "$mode tcp_fwmark_accept, $1, $addr" \
			"$(mark_of "$addr")" fwmark:0x7
	done
	case $1 in
	reqsk) reqsk_takes "tcp_fwmark_accept" "$SRV4 $SRV6" ;;
	splice) splice_takes "tcp_fwmark_accept" "$SRV4 $SRV6" ;;
	esac
	in_ns srv nft delete table inet marks
	sysctl_in srv net.ipv4.tcp_fwmark_accept 0
}

# What a program gets that asked for more than a connection; the kernel first.
programs() {
	for addr in "$SRV4" "$SRV6"; do
		defers "$addr" "$mode TCP_DEFER_ACCEPT, $addr"
		assert_ge "$mode TCP_SAVE_SYN, $addr" "$(saved "$addr")" 52
	done
}

programs_are_told() {
	for port in 84 85; do
		wait_for 5 program_is_told $port
		assert_eq "$mode port $port: services says why it is spliced" \
			$? 0
	done
}

program_is_told() {
	hf_quiet services -j | jq -e ".services[] |
		select(.service == \"*:$1\") | .handoff == \"splice\" and
		(.handoff_why | contains(\"its program\"))" >/dev/null
}

# The file asks, for one service or all.
asked_for() {
	conf "[handfast]" "mode = always" "[service *:80-85]" "handoff = splice"
	hf reload >/dev/null
	told "handoff = splice of a service" splice "it was asked for"
	splice_takes "handoff = splice of a service" "$SRV4"
	conf "[handfast]" "mode = always" "handoff = reqsk"
	hf reload >/dev/null
	told "handoff = reqsk" reqsk "it was asked for"
	marks reqsk
	conf "[handfast]" "mode = always"
	hf reload >/dev/null
	told "as it was" reqsk "$FREE"
	reqsk_takes "as it was" "$SRV4"
}

net_up
SRV_MAC=$(mac_of srv s0)
serve web -p 80
serve deferred -p 84 -o defer_accept=5
serve saved -p 85 -o save_syn=1
mode="plain kernel:"
programs
marks "no handoff"
[ $# -gt 0 ] || set -- generic native
for mode; do
	[ "$mode" = native ] && native_peers c0
	conf "[handfast]" "mode = always"
	start_handfast -c "$TMP/conf" -i s0 -x "$mode" -o drain_splice_s=0
	hooks
	under_load
	without_syncookies
	asked_for
	programs
	programs_are_told
	marks splice
	check_identities
	hf detach --all
	stop handfastd
done
summary
