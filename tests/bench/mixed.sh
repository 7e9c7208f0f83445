# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# mixed.sh: floods of all kinds from beside the client, for the benchmarks.

# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # the benchmark's
KINDS='syn bare guess rst fragment headers ghost'

mixed_up() {
	net_up
	quiet
	net_flood_up
	MAC=$(mac_of srv s1)
	native_peers c0 || give_up "XDP at the client"
	# shellcheck disable=SC2046 # several words
	bg_srv web $(on_cpu 0) "$TOOLS/srv" -p 80 -b 4096 -l /dev/null
	wait_for 5 grep -q ready "$TMP/web.out"
	mixed_end
}

# mixed_flood KIND SECONDS: it is there when this returns
mixed_flood() {
	rate=100000 dst=$SRV4_FLD
	case $1 in
	syn) set -- "$2" ;;
	bare) set -- "$2" --no-ts ;;
	guess) set -- "$2" --ack ;;
	rst) set -- "$2" --flags R ;;
	fragment) set -- "$2" --fragment 0x2000 ;;
	headers)
		dst=$SRV6_FLD
		set -- "$2" --ext 6
		;;
	ghost)
		rate=20000
		peer_program xdp_ghost xdp.option
		set -- "$2"
		;;
	esac
	seconds=$1
	shift
	[ "$dst" = "$SRV6_FLD" ] || set -- -s 10.128.0.0/9 "$@"
	before=$(received)
	bg_fld flood "$TOOLS/flood" -i f0 -d "$dst" -p 80 -m "$MAC" \
		-r $rate -t "$seconds" -c $(($(nproc) > 1)) "$@"
	wait_for 5 is_flooded || give_up "no flood"
}

received() {
	ip -n "$(ns_of srv)" -j -s link show s1 | jq '.[0].stats64.rx.packets'
}

is_flooded() {
	[ $(($(received) - before)) -gt 1000 ]
}

# peer_program OBJECT SECTION: at f0, which is never without one
peer_program() {
	ip -n "$(ns_of fld)" -force link set f0 xdpdrv \
		obj "$TOOLS/$1.bpf.o" sec "$2" || give_up "XDP at the flooder"
}

# mixed_end: nobody floods, and f0 is ready for the next one
mixed_end() {
	[ ! -e "$TMP/flood.pid" ] || stop flood
	peer_program xdp_pass xdp.frags
}
