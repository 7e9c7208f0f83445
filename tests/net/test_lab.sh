#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_lab.sh: `handfast lab` makes what it says and takes it away again, whatever is
# left of it; the commands that it prints work as they stand; a flood that keeps
# clients out does not with handfast; and no frame goes by an interface that is not
# the lab's own.
#
# Topology: user/lab/lab.h. lib.sh's own two namespaces are there to put things into.
# Packages: curl, procps (sysctl).
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

SRV=hf$HF_NAME-srv
CLI=hf$HF_NAME-cli
FLD=hf$HF_NAME-fld
RECORD=/run/handfast/$HF_NAME.lab
OTHER=${HF_NAME}x		# an instance that the lab does not belong to

lab() {
	echo "+ lab $*" >&2
	"$HANDFAST" -n "$HF_NAME" lab "$@" </dev/null
}

# said STATUS NAME TEXT ARG...: of lab; TEXT is what it says on stderr, its cure too
said() {
	want=$1 name=$2 text=$3
	shift 3
	lab "$@" >"$TMP/stdout" 2>"$TMP/stderr"
	assert_eq "$name: exit status" $? "$want"
	assert_eq "$name: what it says" \
		"$(grep -v '^+' "$TMP/stderr" | tr '\n' ';')" "$text"
}

# --- what is there --------------------------------------------------------

spaces() {
	find /run/netns -name "hf$HF_NAME-*" | sort | xargs -rn 1 basename |
		xargs
}

server_pid() {
	tail -n 1 "$RECORD"
}

# nothing_left NAME SERVER-PID: of a lab
nothing_left() {
	wait_for 5 is_gone "$2"
	assert_eq "$1: no server" $? 0
	assert_eq "$1: no namespace" "$(spaces)" ""
	assert_eq "$1: no record, no socket" \
		"$(find /run/handfast -name "$HF_NAME*")" ""
	assert_eq "$1: no pins" "$(find /sys/fs/bpf/handfast -maxdepth 1 \
		-name "$HF_NAME*" 2>/dev/null)" ""
	assert_eq "$1: no daemon" "$(attached_pid)" ""
}

# gone NAME: down, and nothing is left
gone() {
	pid=$(server_pid)
	lab down >/dev/null
	assert_eq "$1: down" $? 0
	nothing_left "$1" "${pid:-0}"
}

# --- bad use --------------------------------------------------------------

bad_use() {
	text=$1
	shift
	said 2 "lab $*" "handfast: $text;try: handfast help;" "$@"
}

bad_uses() {
	bad_use "lab: up, flood or down is wanted"
	bad_use "lab: sideways: up, flood or down is wanted" sideways
	bad_use "lab up: one argument too many: more" up more
	bad_use "lab: one argument too many: more" flood 1 more
	bad_use "lab up: --time is for a flood" up --time 3
	for rate in fast 0 -1 10000001 1e5 ''; do
		case $rate in -*) set -- flood -- "$rate" ;;
		*) set -- flood "$rate" ;; esac
		bad_use "lab flood: '$rate': not a RATE of 1 to 10000000 SYN/s" "$@"
	done
	bad_use "--time: '0': not 1 to 86400 seconds" flood -t 0
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$HANDFAST" lab up >"$TMP/refused" 2>&1
	assert_eq "not root: exit 1" $? 1
	assert_eq "not root: one line and a cure" "$(cat "$TMP/refused")" \
		"handfast: lab: must be root
try: the same as root"
}

# --- up -------------------------------------------------------------------

no_lab() {
	assert_eq "no lab: down says so" "$(lab down)" "there is no lab"
	said 1 "no lab: flood" \
		"handfast: lab: is not up;try: handfast -n $HF_NAME lab up;" flood
	ip netns add "$CLI"
	said 1 "a name is taken" "handfast: $CLI: exists, and is not of a lab;\
try: handfast -n NAME lab up, with a NAME that is free;" up
	assert_eq "a name is taken: nothing was made" \
		"$(spaces)$(ls "$RECORD" 2>/dev/null)" "$CLI"
	lab down >/dev/null
	assert_eq "a name is taken: down leaves it" "$(spaces)" "$CLI"
	ip netns del "$CLI"
}

# page URL
page() {
	nsenter --net="/run/netns/$CLI" curl -s -m 5 "$1"
}

made() {
	lab up >"$TMP/up"
	assert_eq "up: exit 0" $? 0
	assert_eq "up: three namespaces" "$(spaces)" "$CLI $FLD $SRV"
	assert_eq "up: the server says its line, IPv4" \
		"$(page http://192.0.2.2/)" "hello from the lab"
	assert_eq "up: and IPv6" "$(page 'http://[2001:db8:0:1::2]/')" \
		"hello from the lab"
	assert_eq "up: each interface has the alias" "$(for ns in $SRV $CLI $FLD; do
		ip -n "$ns" -j link | jq -r '.[] | select(.ifname != "lo") |
			"\(.ifname) \(.ifalias)"'; done | sort | tr '\n' ,)" \
		"c0 handfast lab,f0 handfast lab,s0 handfast lab,s1 handfast lab,"
	said 1 "up again" "handfast: lab: is up already, or was begun;\
try: handfast -n $HF_NAME lab down;" up
	assert_eq "up again: nothing has changed" \
		"$(spaces) $(page http://192.0.2.2/)" \
		"$CLI $FLD $SRV hello from the lab"
}

# --- the commands that it prints ------------------------------------------

# printed N: what it prints, of the Nth
printed() {
	command=$(sed -n 's/^  //p' "$TMP/up" | sed -n "$1p")
	echo "+ $command" >&2
	PATH=$(dirname "$HANDFAST"):$PATH sh -c "$command" </dev/null \
		>"$TMP/printed"
	assert_eq "printed: $(echo "$command" | sed "s/$HF_NAME/NAME/g")" $? 0
}

# all_served NAME: the last line of a flood. One in a hundred may be late: whoever
# is not served within a second has failed.
all_served() {
	sum=$(tail -n 1 "$TMP/printed" | tr -d ' ' | sed -n \
		's/.*SYNssent;\([0-9]*\)of\([0-9]*\)clients.*/\1 \2/p')
	assert_ge "$1: clients were served" "${sum% *}" \
		$((${sum#* } - ${sum#* } / 100))
	assert_ge "$1: a line each second" \
		"$(grep -c ' s: .* SYN/s, clients: ' "$TMP/printed")" 5
}

commands() {
	printed 1	# no SYN cookies
	lab flood 20000 -t 3 --json >"$TMP/json"
	assert_ge "the kernel alone: SYNs are sent" "$(jq .syn_sent "$TMP/json")" \
		1000
	assert_ge "the kernel alone: clients fail" \
		"$(jq .clients_failed "$TMP/json")" 1
	printed 3	# SYN cookies
	printed 4	# attach
	printed 5
	assert_eq "both interfaces are attached" "$("$HANDFAST" -n "$HF_NAME" \
		status --json | jq -c '[.armed, [.interfaces[].name]]')" \
		'[true,["s0","s1"]]'
	printed 6	# flood
	all_served "with handfast"
	assert_ge "with handfast: it answered the flood" \
		"$(counter syn_answered)" 1000
	assert_ge "with handfast: clients came by cookies" \
		"$(counter ack_accepted)" 1
	printed 7	# detach
	pid=$(server_pid)
	printed 8	# down
	nothing_left "printed" "$pid"
	assert_eq "printed: eight commands" "$(grep -c '^  ' "$TMP/up")" 8
	assert_eq "down again: says so, exit 0" "$(lab down)" "there is no lab"
}

# --json: each command has one object
objects() {
	names="{\"server\":\"$SRV\",\"client\":\"$CLI\",\"flooder\":\"$FLD\"}"
	assert_eq "up --json" "$(lab up --json | jq -c '[.name, .daemon, .netns,
		.interfaces, .urls]')" \
		"[\"$HF_NAME\",\"dead\",$names,[\"s0\",\"s1\"],\
[\"http://192.0.2.2/\",\"http://[2001:db8:0:1::2]/\"]]"
	assert_eq "down --json" "$(lab down --json | jq -c '[.name, .netns]')" \
		"[\"$HF_NAME\",$names]"
	assert_eq "down again --json: nulls" \
		"$(lab down --json | jq -c '.netns | map(. == null)')" \
		"[true,true,true]"
}

# --- an interface that is not its own -------------------------------------

# frames that f0 sent; IPv6 is off, so that it has nothing to say itself
tx_frames() {
	ip -n "$FLD" -s -j link show f0 | jq '.[0].stats64.tx.packets'
}

# refused NAME WHY: not a frame is sent
refused() {
	before=$(tx_frames)
	said 1 "$1" "handfast: $2;try: handfast -n $HF_NAME lab down;" \
		flood 1000 -t 1
	assert_eq "$1: not one frame" "$(tx_frames)" "$before"
}

quiet_f0() {
	nsenter --net="/run/netns/$FLD" sh -c \
		'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
}

not_its_own() {
	lab up >/dev/null
	quiet_f0
	ip -n "$FLD" link set f0 alias ''
	refused "f0 has no alias" "f0: is not an interface of the lab"
	ip -n "$FLD" link set f0 alias "handfast lab"
	ip -n "$SRV" link set s1 netns "$(ns_of srv)"
	refused "f0 leads elsewhere" "f0: does not lead to $SRV"
	ip -n "$(ns_of srv)" link set s1 netns "$SRV"
	ip -n "$SRV" link set s1 up
	before=$(tx_frames)
	lab flood 1000 -t 1 >/dev/null
	assert_ge "its own again: frames are sent" \
		$(($(tx_frames) - before)) 1
	ip netns del "$FLD"
	ip netns add "$FLD"
	ip -n "$FLD" link add f0 type veth peer name x netns "$SRV"
	ip -n "$FLD" link set f0 up alias "handfast lab"
	quiet_f0
	refused "another namespace is called so" \
		"$FLD: is not the namespace of the lab"
	pid=$(server_pid)
	said 0 "down beside it" "handfast: $FLD: is another namespace by now, \
left alone;" down
	assert_eq "down beside it: left alone" "$(spaces)" "$FLD"
	ip netns del "$FLD"
	nothing_left "down beside it" "$pid"
}

# --- down -----------------------------------------------------------------

attach() {
	"$HANDFAST" -n "$1" attach s0 -N "$SRV" -o max_flows=65536 </dev/null
}

down_while_attached() {
	lab up >/dev/null
	attach "$HF_NAME"
	assert_eq "attached: armed" "$("$HANDFAST" -n "$HF_NAME" status --json |
		jq .armed)" true
	gone "while attached"
	lab up >/dev/null
	attach "$HF_NAME"
	kill -KILL "$(attached_pid)"
	gone "while attached, the daemon dead"
	lab up >/dev/null
	attach "$OTHER"
	said 1 "another instance is attached" "handfast: $OTHER: is attached in \
the lab;try: handfast -n $OTHER detach --all;" down
	assert_eq "another instance is attached: all is there" "$(spaces)" \
		"$CLI $FLD $SRV"
	"$HANDFAST" -n "$OTHER" detach --all
	gone "the other one detached"
}

all_named() {
	[ "$(spaces)" = "$CLI $FLD $SRV" ]
}

has_s0() {
	ip -n "$SRV" link show s0
} >/dev/null 2>&1

has_server() {
	[ "$(server_pid)" -gt 0 ]
} 2>/dev/null

# killed CONDITION...: SIGKILL once it holds
killed() {
	"$HANDFAST" -n "$HF_NAME" lab up >/dev/null </dev/null &
	pid=$!
	tries=0
	until "$@" || [ $((tries += 1)) -gt 5000 ]; do
		:
	done
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	gone "killed in the middle of up, $*"
}

half_made() {
	lab up >/dev/null
	ip netns del "$CLI"
	gone "a namespace deleted"
	lab up >/dev/null
	kill -KILL "$(server_pid)"
	gone "the server killed"
	killed test -e "$RECORD"
	killed all_named
	killed has_s0
	killed has_server
}

# Process ids come again.
another_process() {
	lab up >/dev/null
	pid=$(server_pid)
	sleep 1000 &
	sed -i "\$s/.*/$!/" "$RECORD"
	lab down >/dev/null
	assert_eq "the server's process id is another's: down" $? 0
	kill -0 $! 2>/dev/null
	assert_eq "the server's process id is another's: it lives" $? 0
	kill $! "$pid"
	nothing_left "the server's process id is another's" "$pid"
}

interrupted() {
	lab up >/dev/null
	"$HANDFAST" -n "$HF_NAME" lab flood 1000 -t 1000 \
		>"$TMP/flood.out" </dev/null &
	pid=$!
	wait_for 10 grep -q ' s: ' "$TMP/flood.out"
	kill -INT $pid
	wait $pid
	assert_eq "flood: ends well on ^C" $? 0
	assert_eq "flood: its sum after ^C" \
		"$(tail -n 1 "$TMP/flood.out" | grep -c ' SYNs sent; ')" 1
	assert_eq "flood: nobody sends any more" \
		"$(grep -alE "$HF_NAME.lab.floo[d]" /proc/[0-9]*/cmdline \
		2>/dev/null)" ""
	gone "after ^C"
}

cleaned() {
	trap '' INT TERM HUP PIPE
	"$HANDFAST" -n "$OTHER" detach --all
	"$HANDFAST" -n "$HF_NAME" lab down
	for ns in $CLI $FLD; do		# of this test, not of a lab
		ip netns del "$ns"
	done
} >/dev/null 2>&1

for cmd in curl sysctl setpriv; do
	command -v $cmd >/dev/null || skip 77 test_lab "no $cmd"
done
net_up
trap 'hf_status=$?; cleaned; net_down; exit $hf_status' EXIT
bad_uses
no_lab
made
commands
objects
not_its_own
down_while_attached
half_made
another_process
interrupted
summary
