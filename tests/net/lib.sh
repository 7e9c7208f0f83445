# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# lib.sh: namespaces, wrappers and assertions for the network tests. Their
# handfast is in handfast.sh.
#
#   hf-PID-cli                     hf-PID-srv
#   +----------------+   veth      +----------------+
#   | c0             |-------------| s0             |
#   | 10.77.0.1/24   |             | 10.77.0.2/24   |
#   | fd77::1/64     |             | fd77::2/64     |
#   +----------------+             |                |
#   hf-PID-fld (net_flood_up)      |                |
#   +----------------+   veth      |                |
#   | f0             |-------------| s1             |
#   | 10.78.0.1/24   |             | 10.78.0.2/24   |
#   | fd78::1/64     |             | fd78::2/64     |
#   +----------------+             +----------------+
#
# The server routes 10.0.0.0/8 and fd00:f100::/32, from which `flood` takes
# its sources, to the client (after net_flood_up: to the flooder), where the
# answers die, since nobody forwards.
#
# Packages: iproute2 (ip, nstat), util-linux (nsenter), jq, tcpdump.
#
# Use: `. "$(dirname "$0")/lib.sh"`, `net_up`, cases, `summary` as the last
# command. A failing assertion returns 1 and goes on: use set -u, not set -e.
# KEEP=1 keeps $TMP. Namespaces are named by the words cli, srv and fld.
# HF_SLOW=N [4], of emulated machines 10: what is waited for may take N times as
# long as it should. A machine that stood still for some seconds is no failure.

HF_ROOT=${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
TOOLS=${TOOLS:-$HF_ROOT/build/tests}
HANDFAST=${HANDFAST:-$HF_ROOT/build/handfast}
HANDFASTD=${HANDFASTD:-$HF_ROOT/build/handfastd}
export TOOLS HANDFAST HANDFASTD

CLI4=10.77.0.1 SRV4=10.77.0.2 CLI6=fd77::1 SRV6=fd77::2
# shellcheck disable=SC2034 # for the tests
FLD4=10.78.0.1 FLD6=fd78::1 SRV4_FLD=10.78.0.2 SRV6_FLD=fd78::2

TMP=''
PASSED=0
FAILED=0
HF_INSTANCES=''
HF_SPACES=''

# --- verdicts -------------------------------------------------------------

pass() {
	PASSED=$((PASSED + 1))
	echo "ok   $1"
}

fail() {
	FAILED=$((FAILED + 1))
	echo "FAIL $1"
	return 1
}

# skip CODE NAME REASON: leave the whole test file; CODE is 77 by convention
skip() {
	echo "SKIP $2: $3"
	exit "$1"
}

summary() {
	hf_attached && check_identities
	echo "$PASSED passed, $FAILED failed"
	[ "$FAILED" -eq 0 ]
}

# assert_eq WHAT GOT WANT
assert_eq() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1: got '$2', want '$3'"
	fi
}

# assert_le WHAT GOT MOST (integers)
assert_le() {
	if [ "$2" -le "$3" ] 2>/dev/null; then
		pass "$1"
	else
		fail "$1: got '$2', want at most '$3'"
	fi
}

# assert_ge WHAT GOT LEAST (integers)
assert_ge() {
	if [ "$2" -ge "$3" ] 2>/dev/null; then
		pass "$1"
	else
		fail "$1: got '$2', want at least '$3'"
	fi
}

# uptime in hundredths of a second: a monotonic clock without a fork
hf_clock() {
	read -r hf_up _ </proc/uptime
	hf_now=${hf_up%.*}${hf_up#*.}
}

# wait_for SECONDS CMD...: poll every 50 ms until CMD succeeds
wait_for() {
	hf_clock
	hf_limit=$(($1 * ${HF_SLOW:-4}))
	hf_end=$((hf_now + hf_limit * 100))
	shift
	until "$@" >/dev/null 2>&1; do
		hf_clock
		if [ "$hf_now" -ge "$hf_end" ]; then
			fail "wait_for: not within $hf_limit s: $*"
			return 1
		fi
		sleep 0.05
	done
}

# --- namespaces -----------------------------------------------------------

ns_of() {
	echo "hf-$$-$1"
}

# in_ns NS CMD...: silent; nsenter and not `ip netns exec`, which would
# hide /sys/fs/bpf
in_ns() {
	hf_ns=hf-$$-$1
	shift
	nsenter --net="/run/netns/$hf_ns" "$@"
}

cli() {
	echo "+ cli $*" >&2
	in_ns cli "$@"
}

srv() {
	echo "+ srv $*" >&2
	in_ns srv "$@"
}

fld() {
	echo "+ fld $*" >&2
	in_ns fld "$@"
}

# sysctl_in NS KEY VALUE, e.g. sysctl_in srv net.ipv4.tcp_syncookies 0
sysctl_in() {
	echo "+ $1 sysctl $2=$3" >&2
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_ns "$1" sh -c 'echo "$2" >"/proc/sys/$(echo "$1" | tr . /)"' \
		sh "$2" "$3"
}

mac_of() {
	ip -n "hf-$$-$1" -j link show "$2" | jq -r '.[0].address'
}

# napi_on NS IF: without XDP on IF, it takes frames of `flood` only so
napi_on() {
	in_ns "$1" "$TOOLS/gro" "$2" on
}

# native_peers IF...: XDP_TX of the other end arrives only with XDP here
native_peers() {
	for hf_peer; do
		hf_at=cli
		[ "$hf_peer" = f0 ] && hf_at=fld
		ip -n "hf-$$-$hf_at" link set "$hf_peer" xdpdrv \
			obj "$TOOLS/xdp_pass.bpf.o" sec xdp.frags || return 1
	done
}

hf_ns_add() {
	ip netns add "hf-$$-$1" || exit 1
	HF_SPACES="$HF_SPACES $1"
	ip -n "hf-$$-$1" link set lo up
}

# hf_end NS IF: up, without duplicate address detection and solicitations
hf_end() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_ns "$1" sh -c 'cd "/proc/sys/net/ipv6/conf/$1" &&
		echo 0 >accept_dad && echo 0 >router_solicitations' sh "$2" &&
	ip -n "hf-$$-$1" link set "$2" up
}

# hf_link NS1 IF1 NS2 IF2: both ends up before any address, or IPv6 is slow
hf_link() {
	ip link add "$2" netns "hf-$$-$1" type veth \
		peer name "$4" netns "hf-$$-$3" &&
	hf_end "$1" "$2" && hf_end "$3" "$4"
}

# hf_addr NS IF V4 V6
hf_addr() {
	ip -n "hf-$$-$1" addr add "$3/24" dev "$2" &&
	ip -n "hf-$$-$1" addr add "$4/64" dev "$2" nodad
}

# hf_vlan NS IF ID V4: a VLAN device above it
hf_vlan() {
	ip -n "hf-$$-$1" link add link "$2" name "$2.$3" type vlan id "$3" &&
	ip -n "hf-$$-$1" addr add "$4/24" dev "$2.$3" &&
	ip -n "hf-$$-$1" link set "$2.$3" up
}

hf_neigh_is_up() {
	ip -n "hf-$$-$1" neigh show to "$3" dev "$2" |
		grep -Eq "REACHABLE|STALE|DELAY|PROBE"
}

# hf_neigh_use NS IF ADDR...: make the kernel resolve each, and wait for it
hf_neigh_use() {
	hf_in=$1
	hf_if=$2
	shift 2
	for hf_to; do
		ip -n "hf-$$-$hf_in" neigh replace "$hf_to" dev "$hf_if" use
		wait_for 5 hf_neigh_is_up "$hf_in" "$hf_if" "$hf_to" ||
			exit 1
	done
}

# hf_flood_route IF V4 V6: where the answers to flooded addresses go
hf_flood_route() {
	ip -n "hf-$$-srv" route replace 10.0.0.0/8 via "$2" dev "$1" &&
	ip -n "hf-$$-srv" route replace fd00:f100::/32 via "$3" dev "$1"
}

# hf_card NS IF MAC: a card of the machine, as tests/vm/run.sh gives it
hf_card() {
	for hf_card in /sys/class/net/*; do
		[ "$(cat "$hf_card/address")" = "$3" ] || continue
		ip link set "${hf_card##*/}" down
		ip link set "${hf_card##*/}" name "$2" netns "hf-$$-$1" &&
			hf_end "$1" "$2"
		return
	done
	return 1
}

# hf_wire: between client and server: a veth, or cards on one wire
hf_wire() {
	if [ -n "${HF_NIC:-}" ]; then
		# the test before may have had them, in namespaces that are going
		wait_for 5 hf_card cli c0 52:54:00:00:00:02 &&
			wait_for 5 hf_card srv s0 52:54:00:00:00:01
	else
		hf_link cli c0 srv s0
	fi
}

# net_link: that, ready for packets
net_link() {
	hf_wire &&
	hf_addr cli c0 $CLI4 $CLI6 &&
	hf_addr srv s0 $SRV4 $SRV6 || return
	hf_neigh_use cli c0 $SRV4 $SRV6
	hf_neigh_use srv s0 $CLI4 $CLI6
}

net_up() {
	[ "$(id -u)" -eq 0 ] || skip 77 net_up "not root"
	for hf_cmd in ip nstat nsenter jq tcpdump; do
		command -v "$hf_cmd" >/dev/null || skip 77 net_up "no $hf_cmd"
	done
	TMP=$(mktemp -d) || exit 1
	trap 'hf_status=$?; net_down; exit $hf_status' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	trap 'exit 141' PIPE	# whoever read us is gone
	hf_ns_add cli
	hf_ns_add srv
	net_link || exit 1
	hf_flood_route s0 $CLI4 $CLI6 || exit 1
}

# net_flood_up: the third namespace, for floods from beside the client
net_flood_up() {
	hf_ns_add fld
	hf_link fld f0 srv s1 || exit 1
	hf_addr fld f0 $FLD4 $FLD6 || exit 1
	hf_addr srv s1 $SRV4_FLD $SRV6_FLD || exit 1
	hf_flood_route s1 $FLD4 $FLD6 || exit 1
	hf_neigh_use fld f0 $SRV4_FLD $SRV6_FLD
	hf_neigh_use srv s1 $FLD4 $FLD6
}

# behind_up NS N: a host behind srv, by links vN of srv and bN of its own: 10.79.N.2
# and fd79:0:N::2; the client gets there by srv
behind_up() {
	hf_ns_add "$1"
	hf_link srv "v$2" "$1" "b$2" || exit 1
	hf_addr srv "v$2" "10.79.$2.1" "fd79:0:$2::1" || exit 1
	hf_addr "$1" "b$2" "10.79.$2.2" "fd79:0:$2::2" || exit 1
	ip -n "hf-$$-$1" route add default via "10.79.$2.1"
	ip -n "hf-$$-$1" -6 route add default via "fd79:0:$2::1"
	ip -n "hf-$$-cli" route add "10.79.$2.0/24" via "$SRV4"
	ip -n "hf-$$-cli" -6 route add "fd79:0:$2::/64" via "$SRV6"
	forward srv
}

# forward NS: between its interfaces
forward() {
	sysctl_in "$1" net.ipv4.ip_forward 1
	sysctl_in "$1" net.ipv6.conf.all.forwarding 1
}

# hf_end_left NAMESPACE: whatever of this test still runs there; the test has failed
hf_end_left() {
	for hf_pid in $(ip netns pids "$1"); do
		[ "$hf_pid" -ne $$ ] || continue
		echo "FAIL left behind: $(ps -o args= -p "$hf_pid")" >&2
		kill -KILL "$hf_pid" 2>/dev/null
		hf_status=1
	done
}

# instance NAME: have net_down detach this handfast instance
instance() {
	HF_INSTANCES="$HF_INSTANCES $1"
}

net_down() {
	trap '' INT TERM HUP PIPE
	[ -n "$TMP" ] || return 0
	hf_note_raised
	for hf_file in "$TMP"/*.pid; do
		[ -e "$hf_file" ] && stop "$(basename "$hf_file" .pid)"
	done
	for hf_inst in $HF_INSTANCES; do
		[ -x "$HANDFAST" ] || break
		in_ns srv "$HANDFAST" -n "$hf_inst" detach --all >/dev/null 2>&1
	done
	for hf_ns in $HF_SPACES; do
		hf_end_left "hf-$$-$hf_ns"
		ip netns del "hf-$$-$hf_ns"
	done
	if [ -n "${KEEP:-}" ]; then
		echo "kept $TMP" >&2
	else
		rm -rf "$TMP"
	fi
	TMP=''
	HF_SPACES=''
}

# --- background commands --------------------------------------------------

# hf_bg NS NAME CMD...: output to $TMP/NAME.out, pid to $TMP/NAME.pid
hf_bg() {
	hf_ns=hf-$$-$1
	hf_name=$2
	shift 2
	: >"$TMP/$hf_name.out"	# now: who waits must not read an older one
	echo "+ ${hf_ns##*-} $* & ($hf_name)" >&2
	nsenter --net="/run/netns/$hf_ns" "$@" >"$TMP/$hf_name.out" 2>&1 &
	echo $! >"$TMP/$hf_name.pid"
}

bg_srv() {
	hf_bg srv "$@"
}

bg_cli() {
	hf_bg cli "$@"
}

bg_fld() {
	hf_bg fld "$@"
}

# serve NAME SRV-ARG...: a server in srv that listens when this returns
serve() {
	serve_in srv "$@"
}

# serve_in NS NAME SRV-ARG...: the same in another namespace
serve_in() {
	hf_in=$1
	hf_served=$2
	shift 2
	hf_bg "$hf_in" "$hf_served" "$TOOLS/srv" "$@"
	wait_for 5 grep -q ready "$TMP/$hf_served.out"
}

# field NAME OUTPUT: N of NAME=N in what a process in the background, or a tool
# whose output went there, has said
field() {
	sed -n "s/.*\b$1=\([0-9]*\).*/\1/p" "$TMP/$2.out"
}

# is_gone PID: ended (also when nobody has waited for it yet)
is_gone() {
	read -r hf_stat 2>/dev/null <"/proc/$1/stat" || return 0
	case ${hf_stat##*) } in
	[ZX]*) return 0 ;;
	*) return 1 ;;
	esac
}

# stop NAME: SIGTERM, after 5 s SIGKILL; returns the command's exit status
stop() {
	read -r hf_pid <"$TMP/$1.pid" || return 1
	[ "$1" = handfastd ] && hf_note_raised
	rm -f "$TMP/$1.pid"
	kill "$hf_pid" 2>/dev/null
	wait_for 5 is_gone "$hf_pid" || kill -KILL "$hf_pid" 2>/dev/null
	wait "$hf_pid" 2>/dev/null
}

# join NAME: wait for its own end; returns the command's exit status
join() {
	read -r hf_pid <"$TMP/$1.pid" || return 1
	wait "$hf_pid"
	hf_status=$?
	rm -f "$TMP/$1.pid"
	return $hf_status
}

# capture NAME NS IF FILTER...: tcpdump to $TMP/NAME.pcap until stop NAME. Its
# ring has a slot of the whole length for each frame, eight by default.
capture() {
	hf_cap=$1
	hf_in=$2
	hf_if=$3
	shift 3
	hf_bg "$hf_in" "$hf_cap" tcpdump -i "$hf_if" -n -U -Z root \
		-s 2048 -B 8192 --immediate-mode -w "$TMP/$hf_cap.pcap" "$@"
	wait_for 5 grep -q 'listening on' "$TMP/$hf_cap.out"
}

# talk FROM ADDR < COMMANDS: a conversation by seg from c0; shown if it fails
talk() {
	in_ns cli "$TOOLS/seg" -i c0 -s "$1" -d "$2" -m "$SRV_MAC" \
		>"$TMP/talk" 2>&1 && return
	hf_status=$?
	cat "$TMP/talk" >&2
	return $hf_status
}

# script_open NAME FROM ADDR: a conversation whose commands come one by one, on
# descriptor 4, while other things happen; script_close NAME: how it ended
script_open() {
	mkfifo "$TMP/$1.fifo"
	bg_cli "$1" sh -c "exec $TOOLS/seg -i c0 -s $2 -d $3 -m $SRV_MAC \
		<$TMP/$1.fifo"
	exec 4>"$TMP/$1.fifo"
}

script_close() {
	exec 4>&-
	rm "$TMP/$1.fifo"
	join "$1"
}

# case_is NAME FROM < COMMANDS: to the server's IPv4 address
case_is() {
	talk "$2" $SRV4
	assert_eq "$1" $? 0
}

# shape NAME < COMMANDS: to $addr, of either IP version, from an address that
# nobody owns; $mode is what is tried
shape() {
	hf_from=10.77.0.50
	# shellcheck disable=SC2154 # the test's
	[ "$addr" = "$SRV6" ] && hf_from=fd77::50
	talk $hf_from "$addr"
	# shellcheck disable=SC2154 # the test's
	assert_eq "$1: $mode $addr" $? 0
}

# seg_hosts N...: nobody resolves 10.77.0.N, from which seg speaks; frames to
# it go to the client, which has no such address
seg_hosts() {
	for hf_host; do
		ip -n "hf-$$-srv" neigh replace "10.77.0.$hf_host" lladdr \
			"$(mac_of cli c0)" dev s0
	done
}

# --- what was seen --------------------------------------------------------

# json FILE_OR_- PATH: one value out of JSON text, e.g. json - .state
json() {
	if [ "$1" = - ]; then
		jq -r "$2"
	else
		jq -r "$2" "$1"
	fi
}

# gaps NAME FILTER...: seconds between the segments of a capture
gaps() {
	hf_cap=$1
	shift
	tcpdump -r "$TMP/$hf_cap.pcap" -n -tt "$@" 2>/dev/null |
		awk '/Flags/ { if (last) printf "%.2f\n", $1 - last; last = $1 }'
}

# gaps_are "SECONDS..." NAME FILTER...: but for 5 percent, and 0.4 s for a busy
# machine
gaps_are() {
	hf_want=$1
	shift
	gaps "$@" | awk -v want="$hf_want" 'BEGIN { n = split(want, w) }
		{ d = $1 - w[NR]; if (d < 0) d = -d
		  if (d > w[NR] * 0.05 + 0.4) bad = 1 }
		END { exit bad || NR != n }'
}

# hf_nstat NS NAME: absolute value of a kernel counter; 0 if never counted
hf_nstat() {
	in_ns "$1" nstat -asz "$2" | awk -v n="$2" '$1 == n { v = $2 }
		END { print v + 0 }'
}

nstat_srv() {
	hf_nstat srv "$1"
}

nstat_cli() {
	hf_nstat cli "$1"
}

# lost_cli: segments that the client repeated and that did not get to the server's
# socket. A busy machine repeats in vain: the server says so (RFC 2883); and a
# socket with a small buffer drops by itself what it has no room for.
lost_cli() {
	echo $(($(nstat_cli TcpRetransSegs) -
		$(nstat_srv TcpExtTCPDSACKOldSent) -
		$(nstat_srv TcpExtTCPDSACKOfoSent) -
		$(nstat_srv TcpExtTCPRcvQDrop) -
		$(nstat_srv TcpExtTCPZeroWindowDrop)))
}

# shellcheck source=tests/net/handfast.sh
. "$HF_ROOT/tests/net/handfast.sh"
