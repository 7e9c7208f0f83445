#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_decode.sh: every SYN-ACK on the wire is the cookie that its drawing
# promises, read by a decoder that shares no code with the data plane (S12).
#
# Topology: lib.sh. seg speaks from 10.77.0.50 and fd77::50, which nobody owns.
# Usage: test_decode.sh [generic|native] (both by default). Needs bpftool, and
# a machine that was never suspended: the clock is read from /proc/uptime.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

DECODE=$TOOLS/decode

# announced:class with timestamps:class without; for IPv6 from 1220 on
CLASSES="1220:1220:1220 1337:1330:1300 1460:1460:1460 8960:8960:8940"

# key_bytes FROM TO: of the generation that signs now
key_bytes() {
	pinned keys ".[$generation % 4].value[$1:$2] |
		map(ltrimstr(\"0x\")) | add"
}

read_keys() {
	generation=$(variable control key_generation)
	profile=$(pinned services '[.[].formatted.value.profile] | unique |
		map(tostring) | join(",")')
	terms=$(pinned profiles ".[$profile].formatted.value |
		.rcv_wscale * 16 + .grants")
	key=$(key_bytes 0 16)
	offset_key=$(key_bytes 16 32)
}

# decode NOW: lines as its head describes them, to what they say
decode() {
	"$DECODE" --key "$key" --offset-key "$offset_key" \
		--turn "$generation" --terms "$terms" --now "$1"
}

# ms that the data plane's clock cannot be beyond, modulo 2^32
now_ms() {
	hf_clock
	now=$((hf_now * 10 & 0xffffffff))
}

# one_case TS SACK WS MSS ECN: a handshake's two lines for seg, and what is
# wanted of the cookie to $TMP/want; - means that the option is not sent
one_case() {
	port=$((port + 1))
	isn=$(((isn * 1103515245 + 12345) & 0xffffffff))
	options='' ecn=0 answer=SA
	class=${4#*:}
	want_mss=${class#*:} layout=no-ts
	[ "${4%%:*}" = - ] || options="mss=${4%%:*}"
	[ "$2" = 1 ] && options="$options sack"
	if [ "$1" = 1 ]; then
		options="$options ts=$isn,0"
		want_mss=${class%:*} layout=ts
		[ "$5" = SEC ] && ecn=1 answer=SAE
	fi
	[ "$3" = - ] || options="$options ws=$3"
	wscale=$3
	[ "$3" = - ] && wscale=none
	echo "send $5 sport=$port seq=$isn $options"
	echo "expect $answer ack=iss+1 tsok=$1 sumok=1"
	echo "print sport iss irs rts"
	echo "mac=ok layout=$layout mss=$want_mss wscale=$wscale" \
		"sack=$2 ecn=$ecn" >>"$TMP/want"
}

all_cases() {
	: >"$TMP/want"
	port=20000 isn=$$
	for ts in 1 0; do
		for sack in 1 0; do
			for ws in 0 7 14 -; do
				for mss; do
					one_case $ts $sack $ws "$mss" S
					one_case $ts $sack $ws "$mss" SEC
				done
			done
		done
	done
}

# The answers as lines for the decoder: `print` of seg, and `tsok` before it.
answers_of() {
	awk -v client="$1" -v server="$2" '
	/^recv/ { ts = / tsok=1 / }
	/^sport=/ {
		split($1 " " $2 " " $3 " " $4, v, /[= ]/)
		print client, v[2], server, 80, v[4], v[6], ts ? v[8] : "-"
	}'
}

# ages EARLIEST LATEST < READINGS: how many were not made in between. With
# timestamps a cookie may look up to 512 ms older, without it is of its epoch.
ages() {
	awk -v from="$1" -v to="$2" '{
		split($3, age, "=")
		made = to - age[2]
		epoch = 32768
		if ($2 == "layout=ts")
			bad += made < from - 512 || made > to
		else
			bad += made % epoch || made > to || made + epoch < from
	}
	END { print bad + 0 }'
}

# speak FROM TO: what $TMP/script says; if it fails, the end of it is shown
speak() {
	in_ns cli "$TOOLS/seg" -i c0 -s "$1" -d "$2" -m "$SRV_MAC" \
		<"$TMP/script" >"$TMP/talk" 2>&1 && return
	tail -n 2 "$TMP/talk" >&2
	return 1
}

# decoded NAME FROM TO CLASS...: every combination of options
decoded() {
	name=$1 from=$2 to=$3
	shift 3
	all_cases "$@" >"$TMP/script"
	now_ms
	start=$now
	speak "$from" "$to"
	assert_eq "$name: every SYN has an answer, with what it asked for" \
		$? 0
	now_ms
	now=$((now + 30))	# uptime is cut, jiffies may be a tick ahead
	answers_of "$from" "$to" <"$TMP/talk" >"$TMP/answers"
	decode $now <"$TMP/answers" >"$TMP/readings"
	assert_eq "$name: the decoder takes $(wc -l <"$TMP/answers") answers" \
		$? 0
	sed 's/ age_ms=[-0-9]*//' "$TMP/readings" >"$TMP/got"
	diff "$TMP/want" "$TMP/got" | head -n 4 >&2
	cmp -s "$TMP/want" "$TMP/got"
	assert_eq "$name: MAC, window scale, SACK, ECN and MSS class" $? 0
	assert_eq "$name: made when they were sent" \
		"$(ages $((start - 10)) $now <"$TMP/readings")" 0
	assert_eq "$name: all by handfast" "$(counter syn_answered)" \
		$((answered + $(wc -l <"$TMP/want")))
	answered=$(counter syn_answered)
	flipped "$name"
}

# flip_bits LINE: the line again and again, each time with another bit inverted
flip_bits() {
	# shellcheck disable=SC2086 # its words
	set -- $1
	for bit in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		echo "$1 $(($2 ^ 1 << bit)) $3 $4 $5 $6 $7"
		echo "$1 $2 $3 $(($4 ^ 1 << bit)) $5 $6 $7"
	done
	for bit in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 \
		16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31; do
		echo "$1 $2 $3 $4 $(($5 ^ 1 << bit)) $6 $7"
		echo "$1 $2 $3 $4 $5 $(($6 ^ 1 << bit)) $7"
		[ "$7" = - ] ||
			echo "$1 $2 $3 $4 $5 $6 $(($7 ^ 1 << bit))"
	done
	echo "${1%0}1 $2 $3 $4 $5 $6 $7"
	echo "$1 $2 ${3%2}3 $4 $5 $6 $7"
}

# flipped NAME: the first answer has timestamps, the last has none
flipped() {
	{
		flip_bits "$(head -n 1 "$TMP/answers")"
		flip_bits "$(tail -n 1 "$TMP/answers")"
	} >"$TMP/forged"
	nr=$(wc -l <"$TMP/forged")
	assert_eq "$1: any bit flipped, none of $nr proves" \
		"$(decode $now <"$TMP/forged" | grep -vc '^mac=bad')" 0
	assert_eq "$1: another key proves nothing" \
		"$(key=$offset_key; decode $now <"$TMP/answers" |
			grep -vc '^mac=bad')" 0
}

# numbers_of VARIABLE WORD... < VALUES: a SYN with each value, the ISS answered
numbers_of() {
	variable=$1
	shift
	while read -r value; do
		echo "send S sport=30000 seq=7 mss=1460 $* $variable=$value"
		echo "expect SA skip again"
		echo "print irs"
	done >"$TMP/script"
	speak "$from" "$to"
	sed -n 's/^irs=//p' "$TMP/talk"
}

# different NAME FROM TO: nothing but the tuple or the client's ISN changes
different() {
	from=$2 to=$3
	for options in "sack ts=1,0 ws=7" "sack ws=7"; do
		# shellcheck disable=SC2086 # words
		{
			seq 30001 30040 | numbers_of sport $options
			seq 1 40 | numbers_of seq $options
			from=${from%0}1
			echo 30001 | numbers_of sport $options
			from=$2
		} >"$TMP/numbers"
		assert_eq "$1, $options: every handshake its own number" \
			"$(sort -u "$TMP/numbers" | wc -l)" 81
	done
	answered=$(counter syn_answered)
}

command -v bpftool >/dev/null || skip 77 test_decode "no bpftool"
net_up
SRV_MAC=$(mac_of srv s0)
serve web -p 80
for mode in ${1:-generic native}; do
	[ "$mode" = native ] && native_peers c0
	start_handfast -o half_open_syn_rate=0 -i s0 -m always -x "$mode" -o drain_s=0
	wait_for 3 listening 80
	read_keys
	answered=0
	# shellcheck disable=SC2086 # a list
	{
		decoded "$mode IPv4" 10.77.0.50 "$SRV4" 536:536:536 $CLASSES
		decoded "$mode IPv6" fd77::50 "$SRV6" $CLASSES
		decoded "$mode IPv4 no MSS" 10.77.0.50 "$SRV4" -:536:536
		decoded "$mode IPv6 no MSS" fd77::50 "$SRV6" -:1220:1220
	}
	different "$mode IPv4" 10.77.0.50 "$SRV4"
	different "$mode IPv6" fd77::50 "$SRV6"
	check_identities
	hf detach --all
	stop handfastd
done
summary
