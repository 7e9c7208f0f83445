#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_vrrp.sh: a router with handfast is one of two that share their addresses
# (VRRP, keepalived). The addresses move away and back while clients are connected,
# both, or the one that the servers send to alone; the plain kernel first.
#
#   hf-PID-cli          hf-PID-srv          hf-PID-box
#   10.77.0.1 --------- s0       v0 ------- 10.79.0.2
#   fd77::1      |      hf-PID-two     |    fd79::2
#   (br0)         ----- t0       w0 ---     (br0)
#                  .254              .254
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
command -v keepalived >/dev/null || skip 77 test_vrrp "no keepalived"

BOX4=10.79.0.2 BOX6=fd79::2

# switched NS DEV DEV V4 V6: a host with a switch for its two links
switched() {
	ip -n "hf-$$-$1" link add br0 type bridge
	for dev in "$2" "$3"; do
		ip -n "hf-$$-$1" addr flush dev "$dev"
		ip -n "hf-$$-$1" link set "$dev" master br0
	done
	hf_end "$1" br0
	hf_addr "$1" br0 "$4" "$5" || exit 1
}

routers_up() {
	hf_ns_add two
	hf_ns_add box
	hf_link cli c1 two t0 || exit 1
	hf_link srv v0 box b0 || exit 1
	hf_link two w0 box b1 || exit 1
	hf_addr srv v0 10.79.0.1 fd79::1 || exit 1
	hf_addr two t0 10.77.0.3 fd77::3 || exit 1
	hf_addr two w0 10.79.0.3 fd79::3 || exit 1
	switched cli c0 c1 "$CLI4" "$CLI6"
	switched box b0 b1 $BOX4 $BOX6
	hf_flood_route s0 "$CLI4" "$CLI6"
	ip -n "hf-$$-cli" route add 10.79.0.0/24 via 10.77.0.254
	ip -n "hf-$$-cli" -6 route add fd79::/64 via fd77::254
	ip -n "hf-$$-box" route add default via 10.79.0.254
	ip -n "hf-$$-box" -6 route add default via fd79::254
	for ns in srv two; do
		forward $ns
	done
}

# shared NAME ID PRIORITY DEV NET4 NET6
shared() {
	cat <<-END
	vrrp_instance $1 {
		state BACKUP
		interface $4
		virtual_router_id $2
		priority $3
		advert_int 0.1
		version 3
		virtual_ipaddress {
			$5.254/24
		}
		virtual_ipaddress_excluded {
			$6::254/64
		}
	}
	END
}

# keepalived_in NS FRONT BACK: its priority for either side's
keepalived_in() {
	{
		shared front 77 "$2" "$(front_of "$1")" 10.77.0 fd77
		shared back 79 "$3" "$(back_of "$1")" 10.79.0 fd79
	} >"$TMP/vrrp.$1"
	if [ -e "$TMP/vrrp-$1.pid" ]; then
		kill -HUP "$(cat "$TMP/vrrp-$1.pid")"
		return
	fi
	hf_bg "$1" "vrrp-$1" keepalived --dont-fork --log-console --vrrp \
		-f "$TMP/vrrp.$1" -p "$TMP/keepalived.$1" \
		-r "$TMP/keepalived-vrrp.$1"
}

# has NS DEV: the shared addresses of that side
has() {
	[ "$(ip -n "hf-$$-$1" -o addr show dev "$2" | grep -c '[.:]254/')" = 2 ]
}

# move FRONT BACK: where the shared addresses are when this returns, srv or two
move() {
	keepalived_in srv "$(priority "$1")" "$(priority "$2")"
	wait_for 10 has "$1" "$(front_of "$1")" || exit 1
	wait_for 10 has "$2" "$(back_of "$2")" || exit 1
	for to in 10.77.0.254 fd77::254; do
		hf_neigh_use cli br0 $to
	done
}

priority() {
	[ "$1" = srv ] && echo 200 || echo 50
}

front_of() {
	[ "$1" = srv ] && echo s0 || echo t0
}

back_of() {
	[ "$1" = srv ] && echo v0 || echo w0
}

# connect NAME: by either IP version, all succeed
connect() {
	for to in $BOX4 $BOX6; do
		cli "$TOOLS/load" -d "$to" -p 80 -r 100 -t 1 >"$TMP/load.out"
		assert_eq "$mode $1: all connect, $to" \
			"$(field ok load) $(field failed load)" "100 0"
	done
}

# live NAME COMMAND...: connections of before live when it was done
live() {
	live_name=$1
	shift
	for to in $BOX4 $BOX6; do
		bg_cli "echoes-$to" "$TOOLS/echoes" -d "$to" -p 7 -i 6 -b 2
		wait_for 5 grep -q connected "$TMP/echoes-$to.out"
	done
	"$@"
	sleep 1		# busy ones speak ten times
	for to in $BOX4 $BOX6; do
		stop "echoes-$to"
		assert_eq "$mode $live_name: all live, $to" \
			"$(field ok "echoes-$to") $(field failed "echoes-$to")" \
			"8 0"
	done
}

# if_kept KIND NAME COMMAND...: what is spliced cannot move away (manual)
if_kept() {
	kept=$1
	shift
	case $kept in
	spliced) shift && "$@" ;;
	*) live "$@" ;;
	esac
}

# away_and_back KIND: who has the connections, plain, calm, or spliced
away_and_back() {
	connect "here"
	if_kept "$1" "they move away" move two two
	connect "at the other"
	live "they move back" move srv srv
	connect "here again"
}

# halves KIND: clients send to this one, the servers to the other, and the other way
# about
halves() {
	if_kept "$1" "the front moves away" move two srv
	connect "the front at the other"
	move srv two
	[ "$1" != spliced ] || silent_soon
	connect "the back at the other"
	move srv srv
	connect "both here again"
}

# Who connects before that is noticed is not served.
silent_soon() {
	for to in $BOX4 $BOX6; do
		wait_for 10 left_alone "$to"
	done
}

# left_alone ADDR: a SYN to it passes
left_alone() {
	passed=$(counter syn_pass_unanswered)
	in_ns cli "$TOOLS/load" -d "$1" -p 80 -r 100 -t 0.01 -k 100 >/dev/null \
		2>&1
	counter_is syn_pass_unanswered $((passed + 1))
}

net_up
routers_up
serve_in box web -p 80
serve_in box echo -p 7 -e
keepalived_in two 100 100
mode="plain kernel:"
move srv srv
away_and_back plain
halves plain
for mode in auto always; do
	start_handfast -i s0 -x generic -m $mode -p $BOX4:80,[$BOX6]:80 \
		-p $BOX4:7,[$BOX6]:7 -o drain_splice_s=0
	kind=$([ $mode = always ] && echo spliced || echo calm)
	away_and_back "$kind"
	halves "$kind"
	check_identities
	hf detach --all
	stop handfastd
done
summary
