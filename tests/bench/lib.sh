# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# lib.sh: what the benchmarks share. Topology, wrappers: tests/net/lib.sh.
#
# A figure is the median of rounds in which all variants take turns, a ratio that
# of the rounds' ratios, so that a slow moment of the machine meets all of them.
# Figures go to standard output
# and, for table.sh, to the file RESULTS as lines "KEY VALUE [NOTE]".

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

ROUNDS=${ROUNDS:-5}
MODE=always	# of variant_on

# result KEY VALUE [~SPREAD] [NOTE]: VALUE `-` means not available, NOTE says why.
# SPREAD: half of the middle half of the rounds lies so far from the median; what
# differs by less is not resolved
result() {
	echo "$*"
	[ -z "${RESULTS:-}" ] || echo "$*" >>"$RESULTS"
}

# quiet: what the wrappers echo goes to a file, shown if something fails
quiet() {
	exec 3>&2 2>"$TMP/echo"
}

# give_up WHY: something could not be measured
give_up() {
	[ -e "$TMP/echo" ] && exec 2>&3
	echo "$(basename "$0"): $1" >&2
	for hf_log in "$TMP"/echo "$TMP"/*.out; do
		[ -s "$hf_log" ] && tail -n 5 "$hf_log" >&2
	done
	exit 1
}

# note NAME VALUE: one round's figure
note() {
	echo "$2" >>"$TMP/$1.figures"
}

# middle: the median of the numbers on standard input
middle() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# median NAME: of the rounds' figures; fails if there are none
median() {
	[ -s "$TMP/$1.figures" ] || give_up "nothing measured: $1"
	middle <"$TMP/$1.figures"
}

# median_ratio NAME1 NAME2: of the rounds' quotients, and their spread: what is
# divided was measured one after the other
median_ratio() {
	median "$1" >/dev/null
	median "$2" >/dev/null
	paste "$TMP/$1.figures" "$TMP/$2.figures" |
		awk '{ printf "%.4f\n", $2 ? $1 / $2 : 0 }' | sort -n |
		awk '{ v[NR] = $1 } END {
			low = v[int((NR + 3) / 4)]
			high = v[int((3 * NR + 3) / 4)]
			printf "%.3f ~%.3f\n", v[int((NR + 1) / 2)],
				(high - low) / 2 }'
}

# on_cpu CPU: a prefix for commands; nothing on a machine with one
on_cpu() {
	[ "$(nproc)" -eq 1 ] || echo taskset -c "$1"
}

# calc EXPRESSION [FORMAT]
calc() {
	awk "BEGIN { printf \"${2:-%.3f}\", $1 }"
}

# field NAME FILE: N of NAME=N
field() {
	sed -n "s/.*\b$1=\([0-9.]*\).*/\1/p" "$TMP/$2.out"
}

# xdp_set NS IF PROGRAM|off [xdpgeneric]
xdp_set() {
	hf_mode=${4:-xdpdrv}
	if [ "$3" = off ]; then
		ip -n "$(ns_of "$1")" link set "$2" "$hf_mode" off
	else
		ip -n "$(ns_of "$1")" link set "$2" "$hf_mode" \
			obj "$TOOLS/$3.bpf.o" sec xdp.frags
	fi || give_up "XDP $3 on $2"
}

# turn ROUND NAME...: the names in this round's order, another one each time
turn() {
	hf_first=$(($1 % ($# - 1)))
	shift
	while [ $hf_first -gt 0 ]; do
		hf_name=$1
		shift
		set -- "$@" "$hf_name"
		hf_first=$((hf_first - 1))
	done
	echo "$@"
}

# two_cpus: for what runs on CPU 0 and CPU 1
two_cpus() {
	[ "$(nproc)" -ge 2 ] || give_up "needs two CPUs"
}

# napi_threads IF: process ids of its NAPI threads, of any namespace
napi_threads() {
	grep -l "^napi/$1-" /proc/[0-9]*/comm 2>/dev/null | cut -d/ -f3
}

# napi_threaded NS IF 0|1: its NAPI's work is done by a thread of its own
napi_threaded() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_ns "$1" unshare -m sh -c 'mount -t sysfs sysfs /sys &&
		echo "$2" >"/sys/class/net/$1/threaded"' sh "$2" "$3"
}

# napi_thread NS IF CPU: such a thread on that CPU; prints its process id
napi_thread() {
	napi_threaded "$1" "$2" 0
	napi_threads "$2" >"$TMP/threads"
	napi_threaded "$1" "$2" 1
	hf_thread=$(napi_threads "$2" | grep -vxFf "$TMP/threads")
	[ -n "$hf_thread" ] || return 1
	taskset -pc "$3" "$hf_thread" >/dev/null || return 1
	renice -n -20 "$hf_thread" >/dev/null
	echo "$hf_thread"
}

# cpu_ns PID: CPU time of a thread
cpu_ns() {
	cut -d' ' -f1 "/proc/$1/schedstat"
}

# tc_filter IF ingress|egress
tc_filter() {
	in_ns srv tc qdisc replace dev "$1" clsact &&
		in_ns srv tc filter add dev "$1" "$2" prio 1 bpf da \
			obj "$TOOLS/tc_end.bpf.o" sec tc
}

# tc_hooks IF: programs that do nothing, by what handfast uses too: tcx, or a qdisc
tc_hooks() {
	for hf_way in ingress egress; do
		bg_srv "tc_$hf_way" "$TOOLS/tcx" "$1" $hf_way after -1
		wait_for 5 grep -q . "$TMP/tc_$hf_way.out"
		grep -q ready "$TMP/tc_$hf_way.out" || tc_filter "$1" $hf_way ||
			give_up "tc, $hf_way"
	done
}

tc_hooks_off() {
	stop tc_ingress
	stop tc_egress
	in_ns srv tc qdisc del dev "$1" clsact 2>"$TMP/qdisc"	# none by tcx
}

# least_on IF: the least of a splice, least.bpf.c; least_off IF. Its pins go with the
# mount.
least_on() {
	mkdir -p "$TMP/bpf"
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m sh -c 'mount -t bpf bpf "$1" &&
		bpftool prog loadall "$2" "$1/least" &&
		ip -n "$3" link set "$4" xdpdrv pinned "$1/least/least_xdp" &&
		tc -n "$3" qdisc replace dev "$4" clsact &&
		tc -n "$3" filter add dev "$4" ingress prio 1 bpf da \
			pinned "$1/least/least_in" &&
		tc -n "$3" filter add dev "$4" egress prio 1 bpf da \
			pinned "$1/least/least_out"' \
		sh "$TMP/bpf" "$TOOLS/least.bpf.o" "$(ns_of srv)" "$1" ||
		give_up "the least of a splice"
}

least_off() {
	ip -n "$(ns_of srv)" link set "$1" xdpdrv off
	in_ns srv tc qdisc del dev "$1" clsact
}

# variant_on NAME, variant_off NAME: what lies on the way to s0. `plain`:
# nothing; `pass`: a bare XDP_PASS at both ends, which costs a veth its GRO and
# its peer TSO; `pass_generic`: the same in generic mode, at s0 alone; `hooks`,
# `hooks_generic`: the same, and nothing at tc, twice; `least`: the least of a
# splice; `native`, `generic`: handfast, which protects port 80.
variant_on() {
	case $1 in
	pass | hooks)
		xdp_set cli c0 xdp_pass
		xdp_set srv s0 xdp_pass
		;;
	pass_generic | hooks_generic) xdp_set srv s0 xdp_pass xdpgeneric ;;
	least)
		xdp_set cli c0 xdp_pass
		least_on s0
		;;
	native)
		xdp_set cli c0 xdp_pass
		start_handfast -i s0 -p 80 -m "$MODE" -x native
		;;
	generic) start_handfast -i s0 -p 80 -m "$MODE" -x generic ;;
	esac
	case $1 in
	hooks*) tc_hooks s0 ;;
	esac
}

variant_off() {
	case $1 in
	hooks*) tc_hooks_off s0 ;;
	esac
	case $1 in
	pass | hooks)
		xdp_set srv s0 off
		xdp_set cli c0 off
		;;
	pass_generic | hooks_generic) xdp_set srv s0 off xdpgeneric ;;
	least)
		least_off s0
		xdp_set cli c0 off
		;;
	native | generic)
		hf detach --all
		stop handfastd
		[ "$1" = generic ] || xdp_set cli c0 off
		;;
	esac
}

# stream_once FIGURE OPTION...: Mbit/s of iperf3; reno, since cubic may not be
# allowed
stream_once() {
	figure=$1
	shift
	# shellcheck disable=SC2046 # several words
	cli $(on_cpu 1) iperf3 -c "$SRV4" -t "$SECONDS_EACH" -C reno -J "$@" \
		>"$TMP/iperf.out" || give_up "$figure: iperf3"
	mbit=$(jq '.end.sum_received.bits_per_second / 1e6 | floor' \
		"$TMP/iperf.out")
	echo "$figure: $mbit Mbit/s, $(jq .end.sum_sent.retransmits \
		"$TMP/iperf.out") repeated"
	note "$figure" "$mbit"
}

stream_server() {
	command -v iperf3 >/dev/null || give_up "no iperf3"
	# shellcheck disable=SC2046 # several words
	bg_srv iperf $(on_cpu 0) iperf3 -s
	wait_for 5 in_ns cli iperf3 -c "$SRV4" -n 1
}

# --- links -----------------------------------------------------------------
#
# Variants that are to be compared closely have a link each to the one server, and
# take turns by the tenth of a second: a machine's speed wanders by more than what is
# to be seen, and much more in the second that it takes to attach.
#
#   hf-PID-cli        hf-PID-srv
#   c0 -------------- s0  handfast
#   c1 -------------- s1  a bare XDP_PASS, or plain again
#   c2 -------------- s2  plain
#   c3 -------------- s3  the hooks alone: an XDP_PASS, and nothing at tc, twice
#   c4 -------------- s4  the least of a splice, where it is asked for

TURNS=${TURNS:-25}	# of by_turns
LINKS='handfast hooks pass plain'

# link_of VARIANT: its number; link_prefix LINK: of its IPv4 addresses; link_server
# VARIANT: the server's address on it
link_of() {
	case $1 in
	handfast) echo 0 ;;
	pass | again) echo 1 ;;
	plain) echo 2 ;;
	hooks) echo 3 ;;
	least) echo 4 ;;
	esac
}

link_prefix() {
	[ "$1" -eq 0 ] && echo 10.77.0 || echo "10.78.$1"
}

link_server() {
	echo "$(link_prefix "$(link_of "$1")").2"
}

# links_up: those beside c0 and s0
links_up() {
	for hf_n in 1 2 3 4; do
		hf_link cli "c$hf_n" srv "s$hf_n" || give_up "link $hf_n"
		hf_addr cli "c$hf_n" "10.78.$hf_n.1" "fd78:$hf_n::1" ||
			give_up "c$hf_n"
		hf_addr srv "s$hf_n" "10.78.$hf_n.2" "fd78:$hf_n::2" ||
			give_up "s$hf_n"
	done
}

# links_xdp PROGRAM|off: on the ends that are not handfast's to attach
links_xdp() {
	hf_how=xdpgeneric
	[ "$hf_links" = native ] && hf_how=xdpdrv
	for hf_n in 0 1 3 4; do
		[ "$hf_links" = generic ] || xdp_set cli "c$hf_n" "$1"
		[ $((hf_n % 4)) -eq 0 ] || xdp_set srv "s$hf_n" "$1" $hf_how
	done
}

# links_on native|generic OPTION...: handfast and the others are on them;
# links_off
links_on() {
	hf_links=$1
	shift
	links_xdp xdp_pass
	tc_hooks s3
	start_handfast -i s0 -p 80 -x "$hf_links" "$@"
}

links_off() {
	hf detach --all
	stop handfastd
	tc_hooks_off s3
	links_xdp off
}

# by_turns FUNCTION ARGUMENT...: TURNS times `FUNCTION ARGUMENT... VARIANT` of each
by_turns() {
	hf_turn=0
	while [ $hf_turn -lt "$TURNS" ]; do
		# shellcheck disable=SC2086 # several words
		for hf_variant in $(turn $hf_turn $LINKS); do
			"$@" "$hf_variant"
		done
		hf_turn=$((hf_turn + 1))
	done
}

# links_results KEY WHAT: of the figures KEY.VARIANT.WHAT, and handfast's ratio
links_results() {
	for hf_variant in $LINKS; do
		result "$1.$hf_variant.$2" "$(median "$1.$hf_variant.$2")"
	done
	for hf_variant in plain pass hooks; do
		result "$1.$hf_variant.$2.x" "$(median_ratio \
			"$1.handfast.$2" "$1.$hf_variant.$2")"
	done
	result "$1.floor.$2.x" "$(median_ratio "$1.hooks.$2" "$1.pass.$2")"
	case $LINKS in
	*least*)
		result "$1.least.$2.x" "$(median_ratio "$1.handfast.$2" \
			"$1.least.$2")"
		result "$1.least_floor.$2.x" "$(median_ratio "$1.least.$2" \
			"$1.pass.$2")"
		;;
	esac
}

# --- connections -----------------------------------------------------------

PER_TURN=${PER_TURN:-600}	# connections
CLIENTS=$(seq 101 130)	# the client's addresses, whose ports wait in TIME_WAIT

# connect_server: and those addresses on each link; after links_up
connect_server() {
	for hf_n in 0 1 2 3 4; do
		for host in $CLIENTS; do
			ip -n "$(ns_of cli)" addr add "$(link_prefix \
				$hf_n).$host/24" dev "c$hf_n" ||
				give_up "addresses"
		done
	done
	sysctl_in cli net.ipv4.tcp_max_tw_buckets 1000000
	# shellcheck disable=SC2046 # several words
	bg_srv web $(on_cpu 0) "$TOOLS/srv" -p 80 -b 4096 -l /dev/null
	wait_for 5 grep -q ready "$TMP/web.out"
}

# connect_once FIGURE VARIANT: connections a second, 32 open at a time; each asks
# one line and closes
connect_once() {
	hf_prefix=$(link_prefix "$(link_of "$2")")
	# shellcheck disable=SC2046,SC2086 # several words
	cli $(on_cpu 1) "$TOOLS/load" -d "$hf_prefix.2" -p 80 -r 1e9 \
		-t "${PER_TURN}e-9" -c 32 $(printf -- "-S $hf_prefix.%d " \
		$CLIENTS) >"$TMP/load.out" || give_up "$1: connections failed"
	echo "$1: $(cat "$TMP/load.out")"
	note "$1" "$(field rate load)"
}
