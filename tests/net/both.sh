# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# both.sh: a server behind the host, and conversations with it in which both ends
# speak segment by segment, so that either may say what no kernel would. Sourced
# behind lib.sh.
#
#   hf-PID-cli            hf-PID-srv                  hf-PID-box
#   +--------------+      +----------------------+    +--------------+
#   | c0           |------| s0                v0 |----| b0           |
#   | 10.77.0.1    |      | 10.77.0.2  10.79.0.1 |    | 10.79.0.2    |
#   | fd77::1      |      | fd77::2      fd79::1 |    | fd79::2      |
#   +--------------+      +----------------------+    +--------------+
#   seg: 10.77.0.50                                   seg: 10.79.0.2
#        fd77::50                                          fd79::2
#
# The box has real servers for real clients; its kernel does not hear what comes
# from seg's address.
#
# $mode is what is tried. Where it is not spliced $spliced is empty, and $opened,
# a line of the client's, is nothing.

BOX4=10.79.0.2 BOX6=fd79::2 SEG4=10.77.0.50 SEG6=fd77::50
both_port=5000
# shellcheck disable=SC2034 # for the tests
MEGABYTE=1048576

# what either end says at the beginning, for seg
# shellcheck disable=SC2034 # for the tests
SYN='mss=1460 sack ts=1000,0 ws=7'
# shellcheck disable=SC2034
TS='ts=1001,rts'
# shellcheck disable=SC2034
SYN_ACK='mss=1460 sack ts=9000,rts ws=7'

box_up() {
	behind_up box 0
	hf_neigh_use srv v0 $BOX4 $BOX6
	for addr in $SEG4 $SEG6; do
		ip -n "hf-$$-srv" neigh replace "$addr" dev s0 \
			lladdr "$(mac_of cli c0)"
	done
	in_ns box nft -f - <<-END || fail "nft takes the rules"
	table inet seg {
		chain pre {
			type filter hook prerouting priority raw;
			ip saddr $SEG4 drop
			ip6 saddr $SEG6 drop
		}
	}
	END
	# shellcheck disable=SC2034 # for talk
	SRV_MAC=$(mac_of srv s0)
	V0_MAC=$(mac_of srv v0)
	serve_in box boxweb -p 80 -b 1024 -l "$TMP/webbox.log"
	serve_in box boxecho -p 7 -e
}

# plain: what follows is the kernel alone
plain() {
	mode="plain kernel:" spliced='' opened='#'
}

# spliced_by XDP-MODE HANDFASTD-ARG...: what follows is spliced
spliced_by() {
	# shellcheck disable=SC2034 # for the tests
	mode=$1 spliced=yes opened='expect A skip seq=irs+1 ack=iss+1 sumok=1'
	[ "$1" = native ] && native_peers c0
	shift
	start_handfast -m always -x "$mode" -i s0 -o handoff=splice \
		-o drain_splice_s=1 "$@"
}

unspliced() {
	check_identities
	hf detach --all
	stop handfastd
}

# ask ADDR PORT: connections of the kernel, so that the next one is spliced: the
# first SYN to a service behind passes, and now and then one later
ask() {
	in_ns cli "$TOOLS/load" -d "$1" -p "$2" -r 100 -t 0.02 >/dev/null ||
		fail "$mode $1 port $2 answers"
}

# both_serve SERVER-COMMANDS: at $addr, port 80, for the next client of seg's
# address $hf_from, whose port is $both_port
both_serve() {
	both_port=$((both_port + 1))
	hf_from=$SEG4
	[ "$addr" = $BOX6 ] && hf_from=$SEG6
	[ -z "$spliced" ] || {
		ask "$addr" 80
		hf_opened=$(counter splice_opened)
	}
	printf 'set sport=80\nprint sport\n%s\n' "$1" >"$TMP/server.seg"
	hf_bg box server sh -c "$TOOLS/seg -i b0 -s $addr -d $hf_from \
		-m $V0_MAC -p $both_port <$TMP/server.seg"
	wait_for 5 grep -q sport "$TMP/server.out"
}

# both_served NAME: the server has heard what it expected
both_served() {
	join server || {
		cat "$TMP/server.out" >&2
		fail "$1: $mode $addr: the server"
	}
	[ -z "$spliced" ] || [ "$(counter splice_opened)" -gt "$hf_opened" ] ||
		fail "$1: $mode $addr: it was spliced"
}

# both NAME SERVER-COMMANDS < CLIENT-COMMANDS
both() {
	both_serve "$2"
	{ echo "set sport=$both_port"; cat; } >"$TMP/client.seg"
	talk $hf_from "$addr" <"$TMP/client.seg"
	assert_eq "$1: $mode $addr" $? 0
	both_served "$1"
}

# no_flow_of CLIENT: handfast has none
no_flow_of() {
	[ -z "$(states_of "$1")" ]
}
