#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_splice_scale.sh [generic|native]...: many spliced connections at once: 10 000
# that are idle, 1000 to a server behind DNAT over deaths of the daemon and
# upgrades, 100 transfers when it is ended, and new ones beside a flood.
#
#   hf-PID-cli          hf-PID-srv                    hf-PID-box
#   +-------------+     +-----------------------+     +-------------+
#   | c0          |-----| s0            v0      |-----| b0          |
#   | 10.77.0.1   |     | 10.77.0.2   10.79.0.1 |     | 10.79.0.2   |
#   | fd77::1     |     | fd77::2       fd79::1 |     | fd79::2     |
#   +-------------+     |                       |     +-------------+
#   hf-PID-fld          |                       |
#   +-------------+     |                       |
#   | f0          |-----| s1                    |
#   +-------------+     +-----------------------+
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

BOX4=10.79.0.2
SLOW=${HF_SLOW:-1}
MANY=$((10000 / SLOW))

box_up() {
	behind_up box 0
	serve_in box web -p 80 -b 4096 -l /dev/null
	serve_in box echo -p 7 -b 4096 -e -l /dev/null
}

# ports 8080 and 7007 of the host are ports 80 and 7 of the box; what conntrack
# does not know is not forwarded
publish() {
	in_ns srv nft -f - <<-END || fail "nft takes the rules"
	table inet publish {
		chain pre {
			type nat hook prerouting priority dstnat;
			tcp dport 8080 dnat ip to $BOX4:80
			tcp dport 7007 dnat ip to $BOX4:7
		}
		chain post {
			type nat hook postrouting priority srcnat;
			ct status dnat masquerade
		}
		chain forward {
			type filter hook forward priority 0; policy drop;
			ct state established,related accept
			tcp flags & (fin|syn|rst|ack) == syn ct state new accept
		}
	}
	END
}

# other_layout: a handfast whose maps have another layout
other_layout() {
	cp -r "$HF_ROOT/include" "$TMP/include"
	sed -i 's/\(HF_LAYOUT_VERSION\).*/\1 99/' \
		"$TMP/include/handfast/limits.h"
	make -s -C "$HF_ROOT" B="$TMP/layout" CPPFLAGS="-I$TMP/include" \
		all >"$TMP/make.out" 2>&1 || cat "$TMP/make.out"
}

# use DIR: the handfast that was built there
use() {
	HANDFAST=$1/handfast
	HANDFASTD=$1/handfastd
}

start_scale() {
	start_handfast -i s0 -i s1 -x "$mode" -m always -p 7 -p 7007 -p 8080 \
		-o handoff=splice "$@"
}

# connections NAME ADDR PORT IDLE BUSY
connections() {
	bg_cli "$1" "$TOOLS/echoes" -d "$2" -p "$3" -i "$4" -b "$5"
	wait_for 60 grep -q connected "$TMP/$1.out"
}

# last_words NAME...: each connection says one and must hear it; $said is how
# many did
last_words() {
	said=0
	for name; do
		kill "$(cat "$TMP/$name.pid")"
	done
	for name; do
		join "$name"
		tail -n 1 "$TMP/$name.out"
		said=$((said + $(field ok "$name")))
	done
}

# spliced: how many connections are, by the records
spliced() {
	hf_quiet flows --json | jq '[.flows[] |
		select(.server_state == "ESTABLISHED")] | length'
}

server_legs() {
	hf_quiet states --json | jq .server_states.ESTABLISHED.now
}

server_legs_are() {
	[ "$(server_legs)" -eq "$1" ]
}

# each is idle, of either IP version
many() {
	before=$(counter splice_opened)
	connections idle4 "$SRV4" 7 $((MANY / 2)) 0
	connections idle6 "$SRV6" 7 $((MANY / 2)) 0
	opened=$(($(counter splice_opened) - before))
	assert_ge "$mode $MANY at once: all but those that teach are spliced" \
		$opened $((MANY - 40))
	assert_eq "$mode ... each has a record" \
		"$(hf_quiet flows --json | jq .total)" "$MANY"
	wait_for 10 server_legs_are $opened
	assert_eq "$mode ... server legs ESTABLISHED" "$(server_legs)" $opened
	assert_eq "$mode ... and so say the records" "$(spliced)" $opened
	last_words idle4 idle6
	assert_eq "$mode ... each says a last word and hears it" $said $MANY
}

# more_came: the server's segments are translated
more_came() {
	[ "$(counter flow_out)" -gt $((came + 1000)) ]
}

# traffic NAME: there is some now
traffic() {
	came=$(counter flow_out)
	wait_for 10 more_came
	assert_eq "$mode $1: traffic goes on" $? 0
}

# layout_is LAYOUT: nothing of another is left
layout_is() {
	assert_eq "$mode layout $1" \
		"$(ls "/sys/fs/bpf/handfast/$HF_NAME")" "$1"
}

# counted_right: as many records as the data plane counts
counted_right() {
	[ "$(hf_quiet status --json | jq .tables.flows.used)" -eq \
		"$(hf_quiet flows --json | jq .total)" ]
}

# lives: 1000 connections to a server behind; nobody outside notices
lives() {
	layout=$(ls "/sys/fs/bpf/handfast/$HF_NAME")
	connections behind "$SRV4" 7007 $((980 / SLOW)) 20
	for nth in 1 2 3; do
		end_daemon KILL
		wait_for 3 daemon_is dead
		traffic "killed, $nth"
		start_scale
	done
	end_daemon USR2
	traffic "an upgrade"
	start_scale
	traffic "a new daemon"
	end_daemon USR2
	use "$TMP/layout"
	srv timeout $((20 * SLOW)) "$HANDFASTD" -n "$HF_NAME" -i s0 -i nosuch \
		-p 7007 -o handoff=splice 2>"$TMP/given_up.out"
	assert_eq "$mode another layout, a start that is given up" $? 1
	start_scale
	layout_is v99
	traffic "an upgrade to another layout"
	end_daemon KILL
	use "$mine"
	start_scale
	layout_is "$layout"
	traffic "back to the layout of before"
	wait_for 5 counted_right
	assert_eq "$mode ... and their number is right" $? 0
	last_words behind
	assert_eq "$mode killed, upgraded, by another layout: none is lost" \
		"$(field ok behind) $(field failed behind)" \
		"$((980 / SLOW + 20)) 0"
}

# established NS FILTER: connections that its kernel has
established() {
	in_ns "$1" ss -Htn state established "$2" | wc -l
}

# reset_at_server: connections whose end its program saw as an error
reset_at_server() {
	grep -c 'close .*error=' "$TMP/own.out"
}

none_established() {
	[ "$(established "$1" "$2")" -eq 0 ]
}

# ended: SIGTERM; who is done in time is well, the others see RST
ended() {
	resets=$(reset_at_server)
	connections ready "$SRV4" 7 0 50
	connections late "$SRV4" 7 0 50
	signal_daemon TERM
	wait_for 5 grep -q 'draining: ' "$TMP/handfastd.out"
	last_words ready
	assert_eq "$mode SIGTERM: who ends in time is well to the last byte" \
		"$(field ok ready) $(field failed ready)" "50 0"
	wait_for 30 is_gone "$(cat "$TMP/handfastd.pid")"
	assert_eq "$mode ... the others are reset, which is said" "$(grep -o \
		"[0-9]* spliced connections were reset on both sides" \
		"$TMP/handfastd.out")" \
		"50 spliced connections were reset on both sides"
	wait_for 5 none_established srv "( sport = :7 )"
	assert_eq "$mode ... no connection is left at the server" $? 0
	wait_for 5 none_established cli "( dport = :7 )"
	assert_eq "$mode ... none at the client" $? 0
	assert_eq "$mode ... which saw a RST each" \
		"$(grep -c 'Connection reset by peer' "$TMP/late.out")" 50
	assert_eq "$mode ... and the server saw one each" \
		$(($(reset_at_server) - resets)) 50
	last_words late
	rm -f "$TMP/handfastd.pid"
}

# carried: what has not said a word since it came by another layout is reset as
# well when the daemon is ended
carried() {
	start_scale
	connections quiet "$SRV4" 7 0 50
	traffic "to be silent soon"
	kill -STOP "$(cat "$TMP/quiet.pid")"
	end_daemon USR2
	use "$TMP/layout"
	start_scale -o drain_splice_s=1
	wait_for 5 server_legs_are 50
	assert_eq "$mode silent in another layout: ESTABLISHED" $? 0
	end_daemon TERM
	assert_eq "$mode ... SIGTERM: reset" "$(grep -o \
		"[0-9]* spliced connections were reset on both sides" \
		"$TMP/handfastd.out")" \
		"50 spliced connections were reset on both sides"
	wait_for 5 none_established srv "( sport = :7 )"
	assert_eq "$mode ... at the server" $? 0
	wait_for 5 none_established cli "( dport = :7 )"
	assert_eq "$mode ... and at the client" $? 0
	kill -CONT "$(cat "$TMP/quiet.pid")"
	last_words quiet
	use "$mine"
}

# entries: how many connections conntrack holds
entries() {
	in_ns srv cat /proc/sys/net/netfilter/nf_conntrack_count
}

# load NAME: 500 connections a second to the server behind
load() {
	cli "$TOOLS/load" -d "$SRV4" -p 8080 -r $((500 / SLOW)) -t 4 \
		>"$TMP/$1.out"
	echo "$1: $(cat "$TMP/$1.out")"
}

more_syns() {
	[ "$(counter syn_seen)" -gt $((syns + 1000)) ]
}

under_flood() {
	wanted=$((2000 / SLOW))
	load calm
	assert_eq "$mode 500 connections/s to a server behind" \
		"$(field ok calm)" $wanted
	syns=$(counter syn_seen)
	bg_fld flood "$TOOLS/flood" -i f0 -d "$SRV4_FLD" -p 8080 \
		-m "$(mac_of srv s1)" -r $((300000 / SLOW)) -t 30 -c 1 \
		-s 10.128.0.0/9
	wait_for 5 more_syns
	syns=$(counter syn_seen)
	before=$(entries)
	load flooded
	grown=$(($(entries) - before))
	syns=$(($(counter syn_seen) - syns))
	stop flood
	assert_eq "$mode 500 connections/s under flood" \
		"$(field ok flooded)" $wanted
	assert_ge "$mode ... which was one" $syns $((400000 / SLOW))
	assert_le "$mode ... conntrack holds hardly more than them" \
		$grown $((wanted + 50))
	echo "p99 to the first answer: $(field p99_us calm) us," \
		"under flood $(field p99_us flooded) us"
}

net_up
net_flood_up
napi_on srv s1
box_up
other_layout
mine=$(dirname "$HANDFASTD")
serve own -p 7 -b 4096 -e
[ $# -gt 0 ] || set -- native
for mode; do
	[ "$mode" = native ] && native_peers c0 f0
	start_scale
	many
	publish
	lives
	under_flood
	check_identities
	end_daemon USR2
	start_scale -o drain_splice_s=3
	ended
	carried
	in_ns srv nft flush ruleset
done
summary
