#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_splice.sh: the handoff that shows the kernel an ordinary handshake, on
# hosts whose netfilter wants to see one. Each host is tried without handfast
# first: what works there must work with it.
#
# Topology: lib.sh. seg speaks from 10.77.0.50 and fd77::50, which nobody owns.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# rules RULESET: the server's, anew
rules() {
	in_ns srv nft flush ruleset
	echo "$1" | in_ns srv nft -f - || fail "nft takes the rules"
}

# What Docker, Kubernetes and libvirt leave behind: NAT hooks, conntrack on.
NAT='table inet nat {
	chain pre { type nat hook prerouting priority dstnat; }
	chain in { type nat hook input priority 100; }
	chain post { type nat hook postrouting priority srcnat; }
}
table inet track {
	chain in { type filter hook input priority 0; ct state new counter; }
}'
# only FAMILY: the same for one IP version
only() {
	echo "$NAT" | sed "s/table inet/table $1/"
}
LIMIT='table inet limits {
	chain in {
		type filter hook input priority 0;
		tcp flags & (syn|ack) == syn ct count over 400 drop
	}
}'
RATE='table inet rates {
	chain in {
		type filter hook input priority 0;
		tcp flags & (syn|ack) == syn limit rate over 2000/second drop
	}
}'
STRICT='table inet strict {
	chain in {
		type filter hook input priority 0; policy drop;
		iif lo accept
		meta l4proto ipv6-icmp accept
		ct state established,related accept
		ct state invalid counter drop
		tcp flags & (fin|syn|rst|ack) == syn ct state new accept
		counter
	}
	chain out {
		type filter hook output priority 0;
		meta l4proto tcp ct state invalid counter drop
	}
}'
REDIRECT='table inet re {
	chain pre {
		type nat hook prerouting priority dstnat;
		tcp dport 80 redirect to :8080
	}
}'
MARK='table inet marks {
	chain pre {
		type filter hook prerouting priority mangle;
		tcp flags & (syn|ack) == syn ct mark set 7
	}
	chain in {
		type filter hook input priority 0;
		tcp dport 80 ct mark != 7 drop
		meta mark != 0 drop
	}
}'

# connect NAME: 40 connections of each IP version, each asked and answered
connect() {
	for addr in "$SRV4" "$SRV6"; do
		cli "$TOOLS/load" -d "$addr" -p 80 -r 200 -t 0.2 -k 3000 \
			>"$TMP/load.out"
		assert_eq "$1, $addr" "$(cut -d' ' -f1,2 "$TMP/load.out")" \
			"ok=40 failed=0"
	done
}

# with_rules NAME RULES: as many succeed with handfast as without
with_rules() {
	rules "$2"
	connect "$mode $1"
}

# legacy RULE...: by the older tables, both IP versions
legacy() {
	for tables in iptables-legacy ip6tables-legacy; do
		# shellcheck disable=SC2086 # a list of words
		in_ns srv $tables $1 || fail "$tables takes: $1"
	done
}

with_legacy() {
	legacy "-t nat -A POSTROUTING -j MASQUERADE"
	legacy "-A INPUT -m conntrack --ctstate INVALID -j DROP"
	legacy "-A INPUT -p tcp ! --syn -m conntrack --ctstate NEW -j DROP"
	legacy "-A INPUT -p tcp --syn -m connlimit --connlimit-above 400 \
		-j DROP"
	legacy "-A INPUT -p tcp --syn -m hashlimit --hashlimit-name hf \
		--hashlimit-above 2000/sec --hashlimit-mode srcip -j DROP"
	connect "$mode iptables-legacy: NAT, invalid, connlimit, hashlimit"
	legacy "-F INPUT"
	legacy "-t nat -F"
}

# queue_full: of a server that accepts only after two seconds, and lets few wait
queue_full() {
	serve slow -p 82 -b 1 -A 2
	cli "$TOOLS/load" -d "$SRV4" -p 82 -r 10 -t 1 -k 15000 >"$TMP/load.out"
	assert_eq "$mode accept queue full for a while: everybody gets in" \
		"$(cut -d' ' -f1,2 "$TMP/load.out")" "ok=10 failed=0"
	stop slow
}

control() {
	mode="plain kernel:"
	each_host
	queue_full
}

each_host() {
	with_rules "no rules" ""
	with_rules "NAT hooks, conntrack" "$NAT"
	with_rules "NAT and conntrack of IPv4 alone" "$(only ip)"
	with_rules "NAT and conntrack of IPv6 alone" "$(only ip6)"
	sysctl_in srv net.netfilter.nf_conntrack_tcp_loose 0
	with_rules "new connections by their SYN, no loose pickup" "$STRICT"
	with_rules "redirect to another port" "$REDIRECT"
	with_rules "marks by SYN" "$MARK"
	with_rules "at most 400 of them at once" "$LIMIT"
	with_rules "at most 2000 SYNs a second" "$RATE"
	rules ""
	with_legacy
	sysctl_in srv net.netfilter.nf_conntrack_tcp_loose 1
}

# every one of them was
spliced() {
	assert_eq "$mode every connection was spliced" \
		"$(counter splice_opened)" "$(counter ack_accepted)"
	assert_eq "$mode the brake never tripped" "$(counter brake_tripped)" 0
	assert_ge "$mode there were as many as clients" \
		"$(counter splice_opened)" 560
}

# shapes SYN-OPTIONS ACK-OPTIONS: of the third segment and what is around it
shapes() {
	shape "window 0, data when it opens" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA win=0
	send A $2
	expect A seq=irs+1 ack=iss+1
	send PA data=ping\n $2
	expect PA skip ack=iss+6 data=ok\n
	send R
	END
	shape "data in the third ACK is repeated by the client" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA win=0
	send PA seq=iss+1 data=ping\n $2
	expect A ack=iss+1
	send PA seq=iss+1 data=ping\n $2
	expect PA skip ack=iss+6 data=ok\n
	send R seq=iss+6
	END
	shape "third ACK lost: the probe of a zero window proves as well" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA win=0
	send A seq=iss $2
	expect A seq=irs+1 ack=iss+1
	send PA data=ping\n $2
	expect PA skip ack=iss+6 data=ok\n
	send R seq=iss+6
	END
	shape "third ACK twice" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA
	send A $2
	send A seq=iss+1 $2
	send PA seq=iss+1 data=ping\n $2
	expect PA skip ack=iss+6 data=ok\n
	send R seq=iss+6
	END
	shape "the window update again to a silent client" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA
	send A $2
	expect A seq=irs+1 ack=iss+1
	expect A again seq=irs+1 ack=iss+1
	expect A again seq=irs+1 ack=iss+1
	send PA seq=iss+1 data=ping\n $2
	expect PA skip ack=iss+6 data=ok\n
	send R seq=iss+6
	END
	shape "SYN again after the third ACK: a challenge ACK" <<-END
	send S mss=1460 sack $1 ws=7
	expect SA
	send A $2
	expect A ack=iss+1
	send S seq=iss mss=1460 sack $1 ws=7
	expect A ack=iss+1
	send R seq=iss+1
	END
}

# what goes wrong on the server's side, or is sent by somebody else
oddities() {
	addr=$SRV4
	shape "a blind RST ends nothing" <<-END
	send S mss=1460 sack ts=1000,0 ws=7
	expect SA
	send A ts=1001,rts
	expect A seq=irs+1
	send R seq=iss+100
	expect A ack=iss+1
	send PA seq=iss+1 data=ping\n ts=1002,rts
	expect PA skip data=ok\n
	send R seq=iss+6
	END
	assert_ge "$mode ... counted" "$(counter splice_unfit)" 1
	shape "the server's TIME_WAIT makes room for the next connection" <<-END
	set sport=4000
	send S dport=8081 seq=5000000 mss=1460 sack ts=90000,0 ws=7
	expect SA
	send A ts=90001,rts
	expect A seq=irs+1
	expect FA
	send A ack=irs+2 ts=90002,rts
	send FA ack=irs+2 ts=90002,rts
	expect A ack=iss+2
	sleep 300
	send S dport=8081 seq=4000000 mss=1460 sack ts=1000,0 ws=7
	expect SA
	send A ts=1001,rts
	expect A seq=irs+1 ack=iss+1
	expect FA
	send R
	END
	assert_ge "$mode ... counted" "$(counter splice_stale)" 1
}

no_syn_sent() {
	[ "$(hf_quiet states -j | jq .server_states.SYN_SENT.now)" -eq 0 ]
}

# A TIME_WAIT that no RST ends (RFC 1337): the SYN is repeated once at once, then
# in its own time, and not as fast as the machine can.
unending_time_wait() {
	addr=$SRV4
	sysctl_in srv net.ipv4.tcp_rfc1337 1
	sysctl_in srv net.ipv4.tcp_invalid_ratelimit 0
	before=$(counter splice_stale)
	shape "a TIME_WAIT that stays is not asked over and over" <<-END
	set sport=4001
	send S dport=8081 seq=5000000 mss=1460 sack ts=90000,0 ws=7
	expect SA
	send A ts=90001,rts
	expect A seq=irs+1
	expect FA
	send A ack=irs+2 ts=90002,rts
	send FA ack=irs+2 ts=90002,rts
	expect A ack=iss+2
	sleep 300
	send S dport=8081 seq=4000000 mss=1460 sack ts=1000,0 ws=7
	expect SA
	send A ts=1001,rts
	sleep 500
	send R seq=iss+1
	END
	wait_for 10 no_syn_sent
	assert_le "$mode ... its ACKs" $(($(counter splice_stale) - before)) 5
	sysctl_in srv net.ipv4.tcp_rfc1337 0
	sysctl_in srv net.ipv4.tcp_invalid_ratelimit 500
}

# rounds END PORT: a conversation from that port, 50 times at once one after the
# other; numbers grow as a client's do within some ms
rounds() {
	port=$2
	for i in $(seq 50); do
		cat <<-END
		send S sport=$port seq=$((1000000 + i * 20000)) mss=1460 sack \
			ts=$((5000 + i * 10)),0 ws=7
		expect SA skip
		send A ts=$((5001 + i * 10)),rts
		expect A seq=irs+1 ack=iss+1
		send PA data=ping\\n ts=$((5002 + i * 10)),rts
		expect PA skip data=ok\\n
		$1
		END
	done | sed -e ':a' -e '/\\$/N; s/\\\n[ \t]*//; ta'
}

reused() {
	addr=$SRV4
	rounds "send FA ack=irs+4
expect FA skip ack=iss+7
send A ack=irs+5" 5001 >"$TMP/rounds"
	shape "the same tuple 50 times, after FIN" <"$TMP/rounds"
	rounds "send R seq=iss+6" 5002 >"$TMP/rounds"
	shape "the same tuple 50 times, after RST" <"$TMP/rounds"
}

# by_the_kernel: the tuple of a splice that is over goes to a connection that the
# kernel makes itself, since handfast is off
by_the_kernel() {
	addr=$SRV4
	shape "spliced and closed" <<-END
	send S sport=5003 seq=1000000 mss=1460 sack ts=6000,0 ws=7
	expect SA win=0
	send A ts=6000,rts
	expect A seq=irs+1
	send FA ts=6001,rts
	expect FA skip ack=iss+2
	send A ack=irs+2 ts=6002,rts
	END
	conf "[handfast]" "mode = off"
	hf reload >/dev/null
	shape "the same tuple by the kernel's own handshake" <<-END
	send S sport=5003 seq=1020000 mss=1460 sack ts=6100,0 ws=7
	expect SA skip
	send A ts=6100,rts
	send PA data=ping\n ts=6101,rts
	expect PA skip ack=iss+6 data=ok\n
	send R
	END
	conf "[handfast]" "mode = always"
	hf reload >/dev/null
}

# nobody answers SYNs to port 80
SILENT='table inet silent {
	chain in {
		type filter hook input priority 0;
		tcp dport 80 tcp flags & (syn|ack) == syn counter drop
	}
}'

# lossy: each byte comes back though one segment in 500 is lost either way, and
# the server's kernel understands what the client acknowledges selectively
lossy() {
	in_ns cli nft -f - <<-END
	table inet lossy {
		chain in {
			type filter hook input priority 0;
			tcp sport 7 numgen random mod 500 0 counter drop
		}
		chain out {
			type filter hook output priority 0;
			tcp dport 7 numgen random mod 500 0 counter drop
		}
	}
	END
	recoveries=$(nstat_srv TcpExtTCPSackRecovery)
	discards=$(nstat_srv TcpExtTCPSACKDiscard)
	for addr in "$SRV4" "$SRV6"; do
		bg_cli echoes "$TOOLS/echoes" -d "$addr" -p 7 -i 0 -b 4
		wait_for 10 grep -q connected "$TMP/echoes.out"
		sleep 3
		stop echoes
		cat "$TMP/echoes.out"
		assert_eq "$mode $addr loss: each byte comes back" \
			"$(cut -d' ' -f1,2 "$TMP/echoes.out" | tail -1)" \
			"ok=4 failed=0"
	done
	assert_ge "$mode loss: mended by SACK" \
		$(($(nstat_srv TcpExtTCPSackRecovery) - recoveries)) 1
	# not one, but where two CPUs are emulated: there a program that only
	# passes has some, and what is not translated would be all
	assert_le "$mode loss: no SACK block was out of place" \
		$(($(nstat_srv TcpExtTCPSACKDiscard) - discards)) \
		$((${HF_SLOW:-1} > 1 ? 10 : 0))
	in_ns cli nft delete table inet lossy
}

# nobody listens behind the redirect; the client sees it at once
refused() {
	rules 'table inet refused {
		chain pre {
			type nat hook prerouting priority dstnat;
			tcp dport 80 redirect to :9
		}
	}'
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 50 -t 0.1 -k 1000 >"$TMP/load.out"
	assert_eq "$mode a server that refuses: nobody waits" \
		"$(cut -d' ' -f1,2 "$TMP/load.out")" "ok=0 failed=5"
	assert_ge "$mode ... counted" "$(counter splice_refused)" 1
	assert_ge "$mode ... and later clients see it for themselves" \
		"$(counter syn_pass_refused)" 3
	rules ""
	answers
}

# answers: the server does again, which ends what is known of its silence
answers() {
	for addr in "$SRV4" "$SRV6"; do
		cli "$TOOLS/load" -d "$addr" -p 80 -r 20 -t 0.1 -k 3000 \
			>/dev/null
		assert_eq "$mode $addr ... until it answers" $? 0
	done
}

# banned: a client that the firewall drops sees silence, as without handfast, and
# nobody else is touched
banned() {
	ip -n "hf-$$-cli" addr add 10.77.9.9/32 dev c0
	ip -n "hf-$$-srv" route replace 10.77.9.0/24 via $CLI4
	rules 'table inet ban {
		chain in {
			type filter hook input priority 0;
			ip saddr 10.77.9.9 tcp flags & (syn|ack) == syn drop
		}
	}'
	passed=$(counter syn_pass_unanswered)
	bg_cli banned "$TOOLS/load" -d "$SRV4" -p 80 -r 10 -t 4 -S 10.77.9.9 \
		-k 1000
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 4 >"$TMP/load.out"
	assert_eq "$mode a banned client knocks: the others connect" \
		"$(cut -d' ' -f1,2 "$TMP/load.out")" "ok=80 failed=0"
	join banned
	assert_eq "$mode ... it does not" \
		"$(cut -d' ' -f1 "$TMP/banned.out" | tail -1)" "ok=0"
	assert_ge "$mode ... after a second it sees silence" \
		$(($(counter syn_pass_unanswered) - passed)) 15
	assert_eq "$mode ... the brake is not for that" \
		"$(counter brake_tripped)" 0
	rules ""
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 10 -t 0.1 -S 10.77.9.9 >/dev/null
	assert_eq "$mode ... until it is banned no more" $? 0
	ip -n "hf-$$-cli" addr del 10.77.9.9/32 dev c0
}

# local_cause: something on this host eats the ACK that is injected, which has
# the length of the SYN-ACK, and what follows it; not where the client's own came
local_cause() {
	start_splice
	rules 'table inet eats {
		set proper {
			type ipv4_addr . inet_service
			flags dynamic
			size 65536
		}
		chain pre {
			type filter hook prerouting priority raw;
			tcp dport != 80 accept
			tcp flags & (syn|rst) != 0 accept
			ip length 60 drop
			tcp flags == ack add @proper { ip saddr . tcp sport }
			ip saddr . tcp sport != @proper drop
		}
	}'
	bg_cli traffic "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 4
	wait_for 5 why_has tripped
	assert_eq "$mode the injected ACK is eaten: the brake trips" $? 0
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 50 -t 1 >"$TMP/load.out"
	assert_eq "$mode ... and the kernel does the handshakes" \
		"$(cut -d' ' -f1,2 "$TMP/load.out")" "ok=50 failed=0"
	join traffic
	rules ""
	bg_cli traffic "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 14
	wait_for 15 hf_quiet status
	assert_eq "$mode ... until it works again" $? 0
	join traffic
	end_daemon TERM
}

# silent: the server drops SYNs, for a while or for good
silent() {
	rules "$SILENT"
	before=$(counter syn_repeated)
	bg_cli hold "$TOOLS/hold" -d "$SRV4" -p 80 -b 1000 -s x
	wait_for 5 counter_is syn_repeated $((before + 1))
	assert_eq "$mode a silent server: the SYN is repeated" $? 0
	assert_eq "$mode ... by a leg in SYN_SENT" "$(hf_quiet states -j |
		jq '.server_states.SYN_SENT.now')" 1
	rules ""
	wait_for 8 grep -q ok "$TMP/hold.out"
	assert_eq "$mode ... and the client is answered when it can" $? 0
	stop hold
	rules "$SILENT"
	shape "a client that gives up meanwhile: RST to the server" <<-END
	send S mss=1460 sack ts=1000,0 ws=7
	expect SA
	send A ts=1001,rts
	send PA data=early ts=1001,rts
	send R seq=iss+1
	END
	assert_ge "$mode ... its data was held" "$(counter splice_held)" 1
	rules ""
	wait_for 5 counter_is splice_aborted 1
	assert_eq "$mode ... its SYN-ACK was answered by RST" $? 0
	rules "$SILENT"
	shape "a server that stays silent: RST to the client" <<-END
	send S mss=1460 sack ts=1000,0 ws=7
	expect SA
	send A ts=1001,rts
	expect RA timeout=8000 seq=irs+1
	END
	assert_ge "$mode ... counted" "$(counter splice_silent)" 1
	rules ""
	answers
}

# probes: both peers are asked now and then; one that is dead ends the other
probes() {
	conf "[handfast]" "mode = always" "keepalive = yes" \
		"tcp_keepalive_time = 2" "tcp_keepalive_intvl = 1" \
		"tcp_keepalive_probes = 2"
	hf reload >/dev/null
	dead=$(counter keepalive_dead)
	for addr in "$SRV4" "$SRV6"; do
		shape "keepalive: a client that answers lives, a dead one ends" <<-END
		send S dport=7 mss=1460 sack ts=1000,0 ws=7
		expect SA
		send A ts=1001,rts
		send PA data=ping ts=1002,rts
		expect PA skip data=ping ack=iss+5
		send A ts=1003,rts
		drain
		expect A again timeout=8000 ack=iss+5
		send A ts=3003,rts
		expect RA skip again timeout=8000 seq=irs+5
		END
	done
	assert_eq "$mode ... counted" $(($(counter keepalive_dead) - dead)) 2
	wait_for 5 none_at_server
	assert_eq "$mode ... and its server is told" $? 0
	assert_ge "$mode ... which was probed as well" \
		"$(counter keepalive_probes)" 6
	conf "[handfast]" "mode = always"
	hf reload >/dev/null
}

none_at_server() {
	[ "$(open_at_server)" -eq 0 ]
}

# open_at_server: connections of port 7 that the server's kernel has
open_at_server() {
	in_ns srv ss -Htn state established "( sport = :7 )" | wc -l
}

start_splice() {
	conf "[handfast]" "mode = always"
	start_handfast -c "$TMP/conf" -i s0 -x "$xdp" -p 80-82 -p 8081 -p 7 \
		-o handoff=splice -o tcp_syn_retries=2 -o drain_splice_s=1 "$@"
}

# lives: a spliced connection needs its translation for life, the daemon or not
lives() {
	bg_cli echoes "$TOOLS/echoes" -d "$SRV4" -p 7 -i 40 -b 4
	wait_for 10 grep -q connected "$TMP/echoes.out"
	for signal in KILL KILL USR2; do
		end_daemon $signal
		sleep 0.3	# traffic without a daemon
		start_splice
	done
	stop echoes
	assert_eq "$mode daemon killed twice, replaced once: none is lost" \
		"$(cut -d' ' -f1,2 "$TMP/echoes.out" | tail -1)" \
		"ok=44 failed=0"
	bg_cli echoes "$TOOLS/echoes" -d "$SRV4" -p 7 -i 20 -b 4
	wait_for 10 grep -q connected "$TMP/echoes.out"
	end_daemon TERM
	assert_eq "$mode detach: said and counted" "$(grep -o \
		"[0-9]* spliced connections were reset on both sides" \
		"$TMP/handfastd.out")" \
		"24 spliced connections were reset on both sides"
	wait_for 5 test "$(open_at_server)" -eq 0
	assert_eq "$mode ... the server has none of them" "$(open_at_server)" 0
	assert_eq "$mode ... the client neither" "$(in_ns cli ss -Htn \
		state established "( dport = :7 )" | wc -l)" 0
	stop echoes
}

# full: the last room is not for those whose server was not seen yet, even if their
# SYN was answered; from then on SYNs are the kernel's
full() {
	start_splice -o max_flows=16
	for addr in "$SRV4" "$SRV6"; do
		from=10.77.0.50
		[ "$addr" = "$SRV4" ] || from=fd77::50
		in_ns cli "$TOOLS/seg" -i c0 -s $from -d "$addr" -p 80 \
			-m "$SRV_MAC" "set iss=77" \
			"send S sport=6200 mss=1460 sack ts=1000,0 ws=7" \
			"expect SA" "print rseq rts" >"$TMP/room.$addr"
	done
	bg_cli echoes "$TOOLS/echoes" -d "$SRV4" -p 7 -i 15 -b 0
	wait_for 10 grep -q connected "$TMP/echoes.out"
	for addr in "$SRV4" "$SRV6"; do
		numbers=$(sed -n 's/.*\brseq=\([0-9]*\) rts=\([0-9]*\)$/\1 \2/p' \
			"$TMP/room.$addr")
		shape "no room for one more: RST, not silence" <<-END
		send A sport=6200 seq=78 ack=${numbers% *}+1 ts=1001,${numbers#* }
		expect R seq=${numbers% *}+1
		END
	done
	assert_eq "$mode ... counted" "$(counter ack_no_room)" 2
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 5 -t 1 >"$TMP/load.out"
	assert_eq "$mode ... who comes then is the kernel's" \
		"$(field failed load) $(counter syn_pass_no_room)" "0 5"
	stop echoes
	assert_eq "$mode ... and those there are well" \
		"$(cut -d' ' -f1,2 "$TMP/echoes.out" | tail -1)" \
		"ok=15 failed=0"
	end_daemon TERM
}

no_time_wait() {
	[ -z "$(in_ns srv ss -Htn state time-wait)" ]
}

net_up
SRV_MAC=$(mac_of srv s0)
serve web -p 80 -b 1024
serve other -p 8080 -b 1024
serve closer -p 8081 -c
serve echo -p 7 -e
control
[ $# -gt 0 ] || set -- generic native
for mode; do
	xdp=$mode
	[ "$mode" = native ] && native_peers c0
	# what the mode before left would make each SYN ask for sockets
	in_ns srv ss -K state time-wait >/dev/null
	wait_for 70 no_time_wait
	start_splice
	each_host
	spliced
	for addr in "$SRV4" "$SRV6"; do
		shapes ts=1000,0 ts=1001,rts
		shapes '' ''
	done
	lossy
	oddities
	reused
	refused
	silent
	banned
	queue_full
	unending_time_wait
	probes
	by_the_kernel
	check_identities
	lives
	full
done
local_cause	# in the last mode: it takes half a minute
again "-o handoff=splice" options
summary
