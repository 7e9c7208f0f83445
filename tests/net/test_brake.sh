#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_brake.sh: validated handshakes that become no sockets. What breaks the
# handoff is not seen by any check; the data plane notices, passes the service's
# SYNs, and comes back by itself when it works again (rule 9).
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# trips NAME: under traffic the brake trips within 3 s
trips() {
	trips=$(counter brake_tripped)
	bg_cli traffic "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 3
	wait_for 3 why_has tripped
	assert_eq "$1: tripped within 3 s of traffic" $? 0
	hf_quiet status >/dev/null
	assert_eq "$1: status exits 1" $? 1
	connects "$1: through the kernel alone" 50 0
	assert_eq "$1: the service says why" "$(hf_quiet services --json |
		jq -r '.services[] | select(.service == "*:80") |
		"\(.armed) \(.why | startswith("tripped"))"')" "false true"
	assert_eq "$1: tripped once" $(($(counter brake_tripped) - trips)) 1
	join traffic
}

# It tries again after 10 s, with a SYN: some traffic is needed.
comes_back() {
	bg_cli traffic "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 14
	wait_for 15 hf_quiet status
	assert_eq "$1: armed again by itself" $? 0
	join traffic
	assert_eq "$1: nobody failed while it tried" $? 0
	connects "$1: cookies again" 50 50
}

# drop what conntrack sees begin without a SYN: the third ACK of our handshakes
firewall_on() {
	in_ns srv nft -f - <<-END
	table inet hft {
		chain in {
			type filter hook input priority 0;
			tcp flags & (syn | ack) != syn ct state new drop
		}
	}
	END
}

# A firewall that answers instead of dropping.
rejected() {
	in_ns srv nft -f - <<-END
	table inet hft {
		chain in {
			type filter hook input priority 0;
			tcp flags & (syn | ack) != syn ct state new \
				reject with tcp reset
		}
	}
	END
	trips "firewall rejects with RST"
	# while it tries, RSTs are bad: the pauses grow
	trips=$(counter brake_tripped)
	bg_cli traffic "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 14
	wait_for 15 more_trips
	assert_eq "firewall rejects with RST: tripped again by two" $? 0
	# (an emulated machine is too slow to see that)
	[ "${HF_SLOW:-1}" -gt 1 ] ||
	assert_ge "firewall rejects with RST: for longer" "$(hf_quiet services \
		--json | jq -r '.services[] | select(.service == "*:80").why' |
		sed -n 's/.*again in \([0-9]*\) s/\1/p')" 11
	join traffic
	in_ns srv nft delete table inet hft
	hf detach --all
	stop handfastd
	start_handfast -i s0 -m always
}

# One client whom the firewall drops knocks beside others who get in.
banned() {
	ip -n "hf-$$-cli" addr add 10.77.0.9/24 dev c0
	in_ns srv nft -f - <<-END
	table inet hft {
		chain in {
			type filter hook input priority 0;
			ip saddr 10.77.0.9 drop
		}
	}
	END
	trips=$(counter brake_tripped)
	failed=$(counter admit_failed)
	bg_cli banned "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 4 -S 10.77.0.9 \
		-k 1000
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 5 >/dev/null
	assert_eq "a banned client knocks: the others connect" $? 0
	assert_ge "a banned client knocks: it fails" \
		$(($(counter admit_failed) - failed)) 4
	assert_eq "a banned client knocks: not tripped" \
		$(($(counter brake_tripped) - trips)) 0
	join banned
	in_ns srv nft delete table inet hft
}

# Accept queue full for a moment; silent clients do not repeat their ACK.
burst() {
	trips=$(counter brake_tripped)
	serve slow -p 82 -b 1 -k -A 2
	wait_for 3 listening 82
	for n in 1 2 3 4 5 6 7 8 9 10; do
		bg_cli "silent$n" "$TOOLS/hold" -d "$SRV4" -p 82
	done
	wait_for 5 enough_full
	assert_eq "accept queue full: seen" $? 0
	cli "$TOOLS/load" -d "$SRV4" -p 82 -r 4 -t 3 -k 2000 >/dev/null
	assert_eq "accept queue full for a moment: not tripped" \
		$(($(counter brake_tripped) - trips)) 0
	for n in 1 2 3 4 5 6 7 8 9 10; do
		stop "silent$n"
	done
	stop slow
}

enough_full() {
	[ "$(counter admit_accept_full)" -ge 3 ]
}

firewall() {
	firewall_on
	trips "firewall: no new connection without SYN"
	assert_ge "firewall: failures are counted" "$(counter admit_failed)" 4
	in_ns srv nft delete table inet hft
	comes_back "firewall gone"
}

# the daemon's own check cannot help: it is stopped
sysctl_behind_its_back() {
	signal_daemon STOP
	sysctl_in srv net.ipv4.tcp_syncookies 0
	trips=$(counter brake_tripped)
	bg_cli traffic "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 3
	wait_for 3 more_trips
	assert_eq "tcp_syncookies=0, daemon stopped: tripped" $? 0
	connects "tcp_syncookies=0, daemon stopped: through the kernel" 50 0
	join traffic
	sysctl_in srv net.ipv4.tcp_syncookies 1
	bg_cli traffic "$TOOLS/load" -d "$SRV4" -p 80 -r 20 -t 14
	wait_for 15 more_cookies
	join traffic
	assert_eq "tcp_syncookies mended: nobody failed while it tried" $? 0
	connects "tcp_syncookies mended, daemon stopped: cookies again" 50 50
	signal_daemon CONT
	wait_for 3 hf_quiet status
	wait_for 3 grep -q "answered" "$TMP/handfastd.out"
	assert_eq "daemon goes on: armed" $? 0
}

more_trips() {
	[ "$(counter brake_tripped)" -gt "$trips" ]
}

# ... by our answers, for a while now
more_cookies() {
	[ "$(counter syn_answered)" -gt "$((answered + 10))" ]
}

# Clients that are silent, or give up, or servers that are slow to accept, are
# no failures.
no_false_alarm() {
	trips=$(counter brake_tripped)
	failed=$(counter admit_failed)
	serve idle -p 81 -k
	wait_for 3 listening 81
	bg_cli hold "$TOOLS/hold" -d "$SRV4" -p 81
	wait_for 5 grep -q connected "$TMP/hold.out"
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 200 -t 2 >/dev/null
	assert_eq "silent clients and busy ones: all connect" $? 0
	assert_eq "silent clients and busy ones: nothing failed" \
		"$(($(counter admit_failed) - failed))" 0
	assert_eq "silent clients and busy ones: not tripped" \
		"$(($(counter brake_tripped) - trips))" 0
}

needs_reqsk test_brake
net_up
serve web -p 80 -b 1024
start_handfast -i s0 -m always
connects "before" 50 50
no_false_alarm
banned
burst
rejected
firewall
answered=$(counter syn_answered)
sysctl_behind_its_back
check_identities
summary
