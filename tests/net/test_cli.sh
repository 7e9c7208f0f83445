#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_cli.sh: one clear line for every bad use and every failed start, nothing
# left half-attached; attach, detach and JSON as promised, with the daemon
# alive, dead, hung, or in another mount namespace.
#
# Topology: lib.sh with the flooder: s0 and s1 are the two interfaces.
# Packages: bpftool, setpriv (util-linux). That the kernel lacks what the
# handoff needs cannot be had here; it takes an older kernel.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

OTHER=${HF_NAME}x		# a second instance
FOREIGN=/sys/fs/bpf/$HF_NAME-foreign
OPTIONS=${HF_OPTIONS:-}		# of every start that shall work

hf_other() {
	in_ns srv "$HANDFAST" -n "$OTHER" "$@"
}

# in_srv CMD...: silent
in_srv() {
	in_ns srv "$@"
}

# as_nobody PROGRAM ARG...: without any right, from where everybody may read
as_nobody() {
	program=$1
	shift
	in_srv setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$TMP/bin/$program" -n "$HF_NAME" "$@"
}

# --- what is there --------------------------------------------------------

# processes of this test's instances; grep does not find itself
processes() {
	grep -alE "handfast.*[h]ft$$" /proc/[0-9]*/cmdline 2>/dev/null
}

# what handfast reads, and never writes
sysctls() {
	in_srv cat /proc/sys/net/ipv4/tcp_syncookies \
		/proc/sys/net/ipv4/tcp_timestamps | tr '\n' ' '
}

# All that an instance can leave behind. A BPF link lives by its pin or by a
# process that holds it.
footprint() {
	in_srv ip -j link | jq -c '.[] | [.ifname, .xdp]'
	in_srv bpftool -j net | jq -c '.[0].xdp, .[0].tc'
	find /sys/fs/bpf/handfast -path "*/$HF_NAME*" 2>/dev/null
	find /run/handfast -name "$HF_NAME*" 2>/dev/null
	sysctls
	processes
}

# unchanged NAME: since the footprint in $TMP/before
unchanged() {
	footprint >"$TMP/after"
	diff "$TMP/before" "$TMP/after" >&2
	assert_eq "$1: nothing left half-attached" $? 0
}

no_processes() {
	[ -z "$(processes)" ]
}

xdp_of() {
	in_srv ip -j link show "$1" | jq -r '.[0].xdp.prog.name'
}

# nothing_left NAME: of any of this test's instances
nothing_left() {
	wait_for 5 no_processes
	assert_eq "$1: no process" $? 0
	assert_eq "$1: no XDP program" "$(xdp_of s0) $(xdp_of s1)" "null null"
	assert_eq "$1: no pins" "$(find /sys/fs/bpf/handfast \
		-path "*/$HF_NAME*" 2>/dev/null)" ""
	assert_eq "$1: no socket" "$(find /run/handfast -name "$HF_NAME*")" ""
	assert_eq "$1: sysctls" "$(sysctls)" "1 1 "
	no_links "$1"
}

# Links without a pin, held by nobody, are none; these have a pin of ours.
no_links() {
	assert_eq "$1: no link" "$(bpftool -f -j link | jq -r \
		".[].pinned[]? | select(contains(\"/$HF_NAME\"))")" ""
}

# --- verdicts -------------------------------------------------------------

# run CMD...: leaves status, $TMP/stdout, $TMP/stderr
run() {
	"$@" >"$TMP/stdout" 2>"$TMP/stderr" </dev/null
	status=$?
}

# one_line: stderr has one line of ours, and at most a cure; stdout is empty
one_line() {
	[ ! -s "$TMP/stdout" ] && awk '
		NR == 1 && !/^handfastd?: [^ ].*: [^ ]/ { bad = 1 }
		NR == 2 && !/^try: [^ ]/ { bad = 1 }
		END { exit bad || NR < 1 || NR > 2 }' "$TMP/stderr"
}

# refuses STATUS NAME TEXT CMD...: and says why in one line, that contains TEXT
refuses() {
	want=$1 name=$2 text=$3
	shift 3
	run "$@"
	if [ "$status" -eq "$want" ] && one_line &&
	   head -n 1 "$TMP/stderr" | grep -qF -- "$text"; then
		pass "$name: exit status $want and a line why"
		return
	fi
	sed 's/^/  /' "$TMP/stdout" "$TMP/stderr"
	fail "$name: exit status $status, want $want and a line with '$text'"
}

# bad_use TEXT ARG...: of handfast, needs nothing but its arguments
bad_use() {
	text=$1
	shift
	refuses 2 "handfast $*" "$text" hf_quiet "$@"
}

daemon_bad_use() {
	text=$1
	shift
	refuses 2 "handfastd $*" "$text" in_srv "$HANDFASTD" -n "$HF_NAME" "$@"
}

# fails NAME TEXT CMD...: exit status 1, and nothing left half-attached
fails() {
	footprint >"$TMP/before"
	refuses 1 "$@"
	unchanged "$1"
}

cure() {
	assert_eq "$1: the cure" "$(sed -n 's/^try: //p' "$TMP/stderr")" "$2"
}

# works NAME CMD...: exit status 0, not a word on stderr
works() {
	name=$1
	shift
	run "$@"
	assert_eq "$name: exit status" "$status" 0 || cat "$TMP/stderr"
	assert_eq "$name: stderr" "$(cat "$TMP/stderr")" ""
}

# traffic NAME: ten connections, each by a cookie
traffic() {
	before=$(counter syn_answered)
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 50 -t 0.2 >"$TMP/load.out"
	assert_eq "$1: clients connect" $? 0
	assert_eq "$1: by cookies" $(($(counter syn_answered) - before)) 10
}

# attach IFACE ARG...: in the background, with a small table
attach() {
	# shellcheck disable=SC2086 # several words
	hf_quiet attach "$@" -m always -o max_flows=65536 -o drain_s=0 \
		-o learn_s=0 \
		$OPTIONS
}

# --- bad use --------------------------------------------------------------

bad_words() {
	bad_use "frobnicate: unknown command" frobnicate
	bad_use "stat: unknown command" stat
	bad_use "--frob: unknown option" --frob
	bad_use "--jso: unknown option" --jso status
	bad_use "-Z: unknown option" status -Z
	bad_use "-p: unknown option" status -p 80
	bad_use "--json: takes no value" --json=1 status
	bad_use "more" status more
	bad_use "more" counters more
	bad_use "IFACE or --all" detach --all more
	bad_use "s1" attach s0 s1
	bad_use "IFACE" attach
	bad_use "IFACE" detach
	bad_use "--all" detach s0 --all
	bad_use "-n: NAME is missing" status -n
	bad_use "--protect: SPEC is missing" attach s0 --protect
	bad_use "frob: unknown command" help frob
	bad_use "an_interface_name" attach an_interface_name
	bad_use "s0,s1" attach s0,s1
}

bad_values() {
	bad_use "sometimes" attach s0 -m sometimes
	bad_use "fast" attach s0 -x fast
	bad_use "netns" attach s0 -N ''
	bad_use "frob" attach s0 -o frob=1
	bad_use "max_flows" attach s0 -o max_flows
	bad_use "many" attach s0 -o max_flows=many
	bad_use "-1" attach s0 -o drain_s=-1
	bad_use "nan" attach s0 -o drain_s=nan
	bad_use "SOME" flows --state SOME
	bad_use "x1" flows --limit x1
	bad_use "1.2.3" flows --client 1.2.3
	bad_use "http" flows --service http
	bad_use "1.5" flows --idle 1.5
	bad_use "old" flows --age old
	bad_use "now" states now
	bad_use "--frob" states --frob
	bad_use "nonsense" trace --reason nonsense
	bad_use "x2" trace --limit x2
	bad_use "1.2.3" trace --client 1.2.3
	bad_use "http" trace --service http
	bad_use "all" trace all
	bad_use "file" reload file
	bad_use "turn" keys turn
	for name in '' 'a b' a/b .. 'näme' sixteen_chars_xx; do
		refuses 2 "handfast -n '$name'" "$name" \
			in_srv "$HANDFAST" -n "$name" status
		refuses 2 "handfastd -n '$name'" name \
			in_srv "$HANDFASTD" -n "$name" -t
	done
}

bad_specs() {
	for spec in '' 0 65536 80-70 80- -80 +80 0x50 '80 ' '80,' ',80' \
		'80,,81' http 10.0.0.5 10.0.0.5: 10.0.0.5:0 10.0.0.300:80 \
		10.0.0.0/33:80 10.0.0.0/:80 '[fd00::1]' '[fd00::1:80' \
		'[fd00::1]80' '[fd00::/129]:80' '[10.0.0.5]:80' fd00::1:80 '[]:80' '*' '*:' \
		'*:x' :80 all:80 ALL; do
		bad_use SPEC attach s0 -p "$spec"
		bad_use SPEC attach s0 -e "$spec"
		daemon_bad_use SPEC -i s0 -p "$spec"
	done
}

bad_daemon_use() {
	daemon_bad_use --frob --frob
	daemon_bad_use -Z -Z
	daemon_bad_use word word
	daemon_bad_use -i -i
	daemon_bad_use sometimes -i s0 -m sometimes
	daemon_bad_use fast -i s0 -x fast
	daemon_bad_use frob -i s0 -o frob=1
	daemon_bad_use KEY=VALUE -i s0 -o max_flows
	daemon_bad_use many -i s0 -o max_flows=many
	daemon_bad_use name -i an_interface_name
	daemon_bad_use sometimes -t -m sometimes
}

bad_uses() {
	footprint >"$TMP/before"
	bad_words
	bad_values
	bad_specs
	bad_daemon_use
	unchanged "bad use"
}

# --- the machine says no --------------------------------------------------

# start_fails NAME TEXT ARG...: the daemon by itself, and by attach
start_fails() {
	name=$1 text=$2 iface=$3
	shift 3
	# shellcheck disable=SC2086 # several words
	fails "handfastd: $name" "$text" in_srv "$HANDFASTD" -n "$HF_NAME" \
		-m always $OPTIONS -i "$iface" "$@"
	# shellcheck disable=SC2086 # several words
	fails "attach: $name" "$text" hf_quiet attach "$iface" -m always \
		$OPTIONS "$@"
}

interfaces() {
	start_fails "no such interface" nope0 nope0
	start_fails "loopback" lo lo
	in_srv ip tuntap add mode tun tun9
	start_fails "not Ethernet" tun9 tun9
	in_srv ip link del tun9
	# shellcheck disable=SC2086 # several words
	fails "one of two is missing" nope0 in_srv "$HANDFASTD" -n "$HF_NAME" \
		-m always $OPTIONS -i s0 -i nope0
}

namespaces() {
	for netns in nosuch /dev/null /nosuch/netns 4194305; do
		start_fails "-N $netns" "$netns" s0 -N "$netns"
	done
}

syncookies() {
	sysctl_in srv net.ipv4.tcp_syncookies 0
	start_fails "tcp_syncookies is 0" tcp_syncookies s0 -o handoff=reqsk
	cure "tcp_syncookies is 0" "sysctl -w net.ipv4.tcp_syncookies=1"
	sysctl_in srv net.ipv4.tcp_syncookies 1
}

# A start that hangs is given up, and nothing stays of it.
never_ready() {
	# shellcheck disable=SC2086 # several words
	bg_srv attach "$HANDFAST" -n "$HF_NAME" attach s0 -m always \
		-o max_flows=65536 -o learn_s=0 $OPTIONS
	until [ -e "/sys/fs/bpf/handfast/$HF_NAME" ] ||
		is_gone "$(cat "$TMP/attach.pid")"; do
		:
	done
	hold_down "$(attached_pid)" &
	assert_eq "not ready: it hangs" "$(hf_quiet status >/dev/null 2>&1 &&
		echo armed)" ""
	join attach
	assert_eq "not ready: attach: exit 1" $? 1
	assert_eq "not ready: attach says so" "$(cat "$TMP/attach.out")" \
		"handfast: handfastd: not ready after 60 s"
	nothing_left "not ready"
}

# hold_down PID: it stays stopped, whoever lets it go on, until it is killed
hold_down() {
	while kill -STOP "$1" 2>/dev/null; do
		sleep 0.02
	done
}

foreign_program() {
	bpftool prog load "$TOOLS/xdp_pass.bpf.o" "$FOREIGN" type xdp
	in_srv bpftool net attach xdpgeneric pinned "$FOREIGN" dev s0
	id=$(in_srv ip -j link show s0 | jq .[0].xdp.prog.id)
	start_fails "another XDP program" "id $id" s0
	assert_eq "another XDP program: who pinned it" \
		"$(grep -c "$FOREIGN" "$TMP/stderr")" 1
	start_fails "another XDP program" "id $id" s0 -x generic
	rm "$FOREIGN"
	start_fails "another XDP program, not pinned" "id $id" s0
	dispatcher_pins add
	start_fails "a dispatcher" "id $id, the dispatcher of libxdp with \
xdp_tx, xdp_pass" s0
	assert_eq "a dispatcher: what takes it off" \
		"$(grep -c 'try: xdp-loader unload s0 --all' "$TMP/stderr")" 1
	dispatcher_pins del
	in_srv bpftool net detach xdpgeneric dev s0
}

# bad_conf NAME LINE-NUMBER: what conf wrote is refused with file:line
bad_conf() {
	fails "file: $1" "$TMP/conf:$2: " in_srv "$HANDFASTD" -n "$HF_NAME" \
		-c "$TMP/conf" -i s0
	fails "file, --test: $1" "$TMP/conf:$2: " \
		in_srv "$HANDFASTD" -n "$HF_NAME" -c "$TMP/conf" -t
}

files() {
	conf '[handfast]' 'mode = always' 'frob = 1'
	bad_conf "unknown key" 3
	conf '# comment' '' '[handfast]' 'mode = sometimes'
	bad_conf "unknown value" 4
	conf '[handfast]' '[frob]' 'mode = always'
	bad_conf "unknown section" 2
	conf '[handfast]' 'mode always'
	bad_conf "not an INI line" 2
	conf '[handfast]' 'protect = 80,443' 'exclude = 99999'
	bad_conf "not a SPEC" 3
	fails "no such file" /nosuch/conf \
		in_srv "$HANDFASTD" -n "$HF_NAME" -c /nosuch/conf -i s0
	conf '[handfast]' 'mode = off' 'interfaces = s0' 'drain_s = 0' \
		'max_flows = 65536'
	footprint >"$TMP/before"
	works "--test of a good file" \
		in_srv "$HANDFASTD" -n "$HF_NAME" -c "$TMP/conf" -t
	unchanged "--test of a good file"
}

# the command line wins over the file
precedence() {
	start_handfast -c "$TMP/conf" -m always
	assert_eq "command line over file over default" \
		"$(hf_quiet status --json |
			jq -r '"\(.mode) \(.tables.flows.max)"')" \
		"always 65536"
	traffic "interface and options of the file"
	works "detach --all" hf_quiet detach --all
	stop handfastd
	nothing_left "detach --all of a daemon in the foreground"
	conf '[handfast]' 'interfaces = s0' 'drain_s = 0' \
		'[service 80]' 'mode = always'
	start_handfast -c "$TMP/conf" -m off
	assert_eq "command line over a section" \
		"$(hf_quiet status --json | jq -r .mode) $(hf_quiet services \
			--json | jq -r '.services[] | select(.service == "*:80")
			.mode')" "off off"
	works "detach --all of it" hf_quiet detach --all
	stop handfastd
	conf '[handfast]' 'mode = off' 'interfaces = s0' 'drain_s = 0' \
		'[service 80]' 'mode = always'
	start_handfast -c "$TMP/conf"
	works "attach, as it is" hf_quiet attach s0
	fails "attach -m off, where a section says always" "other options" \
		hf_quiet attach s0 -m off
	works "detach --all of that" hf_quiet detach --all
	stop handfastd
}

# What tells how to write the file must not need it.
with_a_bad_file() {
	conf 'nonsense'
	for option in -h --help -V --version; do
		works "handfastd $option, bad file" \
			in_srv "$HANDFASTD" -c "$TMP/conf" $option
		works "handfastd $option, no file" \
			in_srv "$HANDFASTD" $option -c /nosuch
	done
	mkfifo "$TMP/fifo"
	closed in_srv "$HANDFASTD" --help
	# shellcheck disable=SC2016 # expanded by the inner shell
	refuses 1 "handfastd -h >/dev/full" "output" \
		in_srv sh -c '"$1" -h >/dev/full' sh "$HANDFASTD"
}

no_root() {
	mkdir "$TMP/bin"
	cp "$HANDFAST" "$TMP/bin/handfast"
	cp "$HANDFASTD" "$TMP/bin/handfastd"
	chmod 711 "$TMP" "$TMP/bin"
	fails "handfastd: not root" root as_nobody handfastd -i s0
	fails "attach: not root" "" as_nobody handfast attach s0
	fails "status: not root" "" as_nobody handfast status
	works "-h needs no root" as_nobody handfast -h
	works "-V needs no root" as_nobody handfast -V
	works "help needs no root" as_nobody handfast help
	works "help attach needs no root" as_nobody handfast help attach
	works "attach --help needs no root" as_nobody handfast attach --help
	works "version needs no root" as_nobody handfast version
	works "version -j needs no root" as_nobody handfast version -j
	works "handfastd -h needs no root" as_nobody handfastd -h
	works "handfastd -V needs no root" as_nobody handfastd -V
	works "handfastd -t needs no root" as_nobody handfastd -t -i s0
}

# --- attached -------------------------------------------------------------

# second: whatever starts beside the instance on s0 changes nothing of it
second() {
	fails "second instance, handfastd" \
		"/sys/fs/bpf/handfast/$HF_NAME/" \
		in_srv "$HANDFASTD" -n "$OTHER" -i s0
	fails "second instance, attach" "/sys/fs/bpf/handfast/$HF_NAME/" \
		hf_other attach s0
	fails "second daemon of the same name" "$HF_NAME" \
		in_srv "$HANDFASTD" -n "$HF_NAME" -i s1
	traffic "beside all that"
}

# at_once: of two that start at the same time one runs, the other says so
at_once() {
	for round in 1 2 3 4 5; do
		bg_srv one "$HANDFASTD" -n "$OTHER" -i s1 -o max_flows=16384
		bg_srv two "$HANDFASTD" -n "$OTHER" -i s1 -o max_flows=16384
		wait_for 10 hf_other status >/dev/null
		assert_eq "two at once, $round: one is refused" \
			"$(cat "$TMP/one.out" "$TMP/two.out" |
			grep -c 'of this name runs already')" 1
		hf_other detach --all >/dev/null
		stop one
		stop two
	done
	bg_srv holder flock -F -s "/run/handfast/$OTHER.lock" sleep 60
	wait_for 3 test -e "/run/handfast/$OTHER.lock"
	fails "the lock of a name is held" "of this name runs already" \
		in_srv timeout 10 "$HANDFASTD" -n "$OTHER" -i s1 \
		-o max_flows=16384
	stop holder
	rm -f "/run/handfast/$OTHER.lock"
}

# lacks PATH KEY...: those that something at PATH of $TMP/json has not, or PATH
lacks() {
	path=$1
	shift
	jq -r "[$path] | if length == 0 then \"$path\" else
		[.[] | (\"$*\" | split(\" \")) - keys] | add | .[] end" \
		"$TMP/json"
}

# shape ARG...: one object of handfast ARG... --json, to $TMP/json
shape() {
	hf_quiet "$@" --json >"$TMP/json"
	assert_eq "$* --json: one object, no number in quotes" "$(jq -s '
		length == 1 and (.[0] | del(.commit) | [.. | strings |
		select(test("^-?[0-9]+([.][0-9]+)?$"))] == [])' "$TMP/json")" \
		true
	assert_eq "$* --json: name and daemon" \
		"$(jq -r '"\(.name) \(.daemon)"' "$TMP/json")" \
		"$HF_NAME $daemon"
}

# members PATH KEY...: must all be there
members() {
	assert_eq "... members of $1" "$(lacks "$@")" ""
}

# typed TYPE PATH...: each is of that type
typed() {
	for path in "$2" "$3" "$4"; do
		assert_eq "... $path" "$(jq -r "[$path | type] | unique |
			join(\" \")" "$TMP/json")" "$1"
	done
}

shape_status() {
	shape status
	members . mode handoff armed why version uptime_s \
		interfaces phase phase_since_s phase_why syn_rate tables \
		sysctls config
	members .tables flows half_open
	members ".tables[]" used max bytes
	members .sysctls tcp_syncookies
}

# map_bytes NAME: as the kernel tells it
map_bytes() {
	bpftool -j map show pinned \
		"$(echo /sys/fs/bpf/handfast/"$HF_NAME"/v[0-9]*)/$1" |
		jq .bytes_memlock
}

told_memory() {
	assert_ge "status tells at least what flows and their filter take" \
		"$(hf_quiet status --json | jq .tables.flows.bytes)" \
		$(($(map_bytes flows) + $(map_bytes presence)))
}

shapes() {
	daemon=$1
	shape_status
	members ".interfaces[]" name ifindex xdp why_generic armed why
	typed number .uptime_s .phase_since_s ".tables[].used"
	typed number ".tables[].max" ".interfaces[].ifindex" ".sysctls[]"
	shape services
	members ".services[]" service listening mode phase armed why syn_seen \
		syn_answered ack_accepted flows handoff handoff_why where \
		answer
	typed number ".services[].syn_seen" ".services[].syn_answered" \
		".services[].flows"
	typed boolean ".services[].listening" ".services[].armed" \
		".services[].armed"
	shape counters
	members .counters syn_seen syn_answered syn_passed syn_dropped \
		ack_accepted ack_rejected
	typed number ".counters[]" .counters.syn_seen .counters.ack_accepted
	jq -r '.counters | keys[]' "$TMP/json" >"$TMP/names"
	shape counters --services --interfaces
	members . counters services interfaces
	typed number .services[][] .interfaces[][] .counters[]
	shape flows
	members . flows total
	members ".flows[]" client server state role handoff mss snd_wscale \
		rcv_wscale sack timestamps ecn idle_s packets_in packets_out
	typed number .total ".flows[].mss" ".flows[].packets_in"
	shape keys
	members . generation age_s next_rotation_s file
	shape version
	members . version layout commit
}

# Two flows for the lists; one has no window scaling, hence a null.
with_flows() {
	sysctl_in cli net.ipv4.tcp_window_scaling 0
	bg_cli hold1 "$TOOLS/hold" -d "$SRV4" -p 80 -s ping
	wait_for 5 grep -q ok "$TMP/hold1.out"
	sysctl_in cli net.ipv4.tcp_window_scaling 1
	bg_cli hold2 "$TOOLS/hold" -d "$SRV6" -p 80 -s ping
	wait_for 5 grep -q ok "$TMP/hold2.out"
	shapes running
	told_memory
	assert_eq "status --json: what is in force" "$(hf_quiet status -j |
		jq -c '.config | [.mode, .drain_s, .interfaces, .keepalive]')" \
		'["always",0,["s0"],false]'
	works "keys rotate" hf_quiet keys rotate
	assert_eq "keys rotate: the next generation, and no key" \
		"$(hf_quiet keys -j | jq -c '[.generation, .age_s < 5, keys]')" \
		'[2,true,["age_s","daemon","file","generation","name","next_rotation_s"]]'
	assert_eq "... null, and not left out" \
		"$(hf_quiet flows -j | jq '[.flows[] | select(.state ==
			"ESTABLISHED") | .snd_wscale] | any(. == null)')" true
	stop hold1
	stop hold2
}

# all counters stand in the first answer after the attach already
counters_from_the_start() {
	hf_quiet counters -j | jq -r '.counters | keys[]' >"$TMP/first"
	with_flows
	cmp "$TMP/first" "$TMP/names"
	assert_eq "all counters are present from the start" $? 0
}

# closed COMMAND...: nobody reads any more
closed() {
	# shellcheck disable=SC2094 # never a reader and a writer at once
	exec 3<>"$TMP/fifo" 4>"$TMP/fifo"
	exec 3<&-
	"$@" >&4 2>"$TMP/stderr"
	status=$?
	exec 4>&-
	assert_eq "$* into a closed pipe: exit status" "$status" 0
	assert_eq "$* into a closed pipe: no word" "$(cat "$TMP/stderr")" ""
}

readers() {
	for command in status services "counters --all" flows version help; do
		# shellcheck disable=SC2086 # words
		closed hf_quiet $command
		# shellcheck disable=SC2086 # words
		{
			hf_quiet $command 2>&1
			echo $? >"$TMP/status"
		} | head -n 1 >/dev/null
		assert_eq "$command | head -n 1: exit status" \
			"$(cat "$TMP/status")" 0
	done
	closed hf_quiet flows --json
	# shellcheck disable=SC2016 # expanded by the inner shell
	refuses 1 "status >/dev/full" "output" \
		in_srv sh -c '"$1" -n "$2" status >/dev/full' sh "$HANDFAST" \
		"$HF_NAME"
}

attached() {
	works "attach" attach s0
	assert_eq "attach: armed" "$(hf_quiet status -j | jq .armed)" true
	assert_eq "attach: telling name" "$(xdp_of s0)" hf_ingress
	counters_from_the_start
	traffic "attach"
	works "attach again" attach s0
	assert_eq "attach again: says so" "$(cat "$TMP/stdout")" \
		"s0: already attached"
	assert_eq "attach again -j" "$(hf_quiet attach s0 -j | jq -c .)" \
		"{\"name\":\"$HF_NAME\",\"daemon\":\"running\",\
\"interface\":\"s0\",\"attached\":true,\"already\":true,\"try_s\":null}"
	assert_eq "confirm -j: nothing" \
		"$(hf_quiet confirm -j | jq -c '[.name, .confirmed]')" \
		"[\"$HF_NAME\",[]]"
	works "attach again without options" hf_quiet attach s0
	fails "attach again, -m off" "other options" hf_quiet attach s0 -m off
	fails "attach again, -p 80" "other options" hf_quiet attach s0 -p 80
	fails "detach what is not attached" "s1: not attached" \
		hf_quiet detach s1
	second
	readers
	works "options before and after the command" \
		in_srv "$HANDFAST" -j status -n "$HF_NAME"
	works "detach" hf_quiet detach s0
	nothing_left "the last detach"
	fails "detach again" "$HF_NAME: not attached" hf_quiet detach s0
}

not_attached() {
	for command in status services counters flows; do
		fails "$command, nothing attached" "$HF_NAME: not attached" \
			hf_quiet "$command"
	done
	daemon=dead
	shape_status 2>/dev/null
	footprint >"$TMP/before"
	works "detach --all, nothing there" hf_quiet detach --all
	assert_eq "detach --all, nothing there: silent" \
		"$(cat "$TMP/stdout")" ""
	unchanged "detach --all, nothing there"
}

# same_netns NETNS: its other names are no other option
same_netns() {
	for hf_other in "hf-$$-srv" "/run/netns/hf-$$-srv" \
		"/var/run/netns/hf-$$-srv" "/run/../run/netns/hf-$$-srv" \
		"$(cat "$TMP/web.pid")"; do
		works "attach -N $1, again -N $hf_other" "$HANDFAST" \
			-n "$HF_NAME" attach s0 -N "$hf_other"
	done
	fails "attach -N $1, again -N another" "other options" "$HANDFAST" \
		-n "$HF_NAME" attach s0 -N "hf-$$-cli"
}

from_outside() {
	for netns in "hf-$$-srv" "/run/netns/hf-$$-srv" \
		"$(cat "$TMP/web.pid")"; do
		# shellcheck disable=SC2086 # several words
		works "attach -N $netns" "$HANDFAST" -n "$HF_NAME" attach s0 \
			-N "$netns" -m always -o max_flows=65536 -o drain_s=0 \
			-o learn_s=0 \
			$OPTIONS
		assert_eq "attach -N $netns: there" "$(xdp_of s0)" hf_ingress
		traffic "attach -N $netns"
		same_netns "$netns"
		works "detach --all from outside" \
			"$HANDFAST" -n "$HF_NAME" detach --all
		nothing_left "attach -N $netns"
	done
}

# two FIRST SECOND: the two interfaces are detached in this order
two() {
	works "attach s0" attach s0
	works "attach s1 too" attach s1
	assert_eq "two interfaces" "$(xdp_of s0) $(xdp_of s1)" \
		"hf_ingress hf_ingress"
	works "detach $1 first" hf_quiet detach "$1"
	assert_eq "... $1 is free, $2 is not" "$(xdp_of "$1") $(xdp_of "$2")" \
		"null hf_ingress"
	works "... and the daemon runs" hf_quiet status
	before=$(counter syn_answered)
	cli "$TOOLS/load" -d "$SRV4" -p 80 -r 50 -t 0.2 >/dev/null
	assert_eq "... clients of s0 connect" $? 0
	fld "$TOOLS/load" -d "$SRV4_FLD" -p 80 -r 50 -t 0.2 >/dev/null
	assert_eq "... clients of s1 connect" $? 0
	assert_eq "... those of $2 by cookies" \
		$(($(counter syn_answered) - before)) 10
	works "detach $2 last" hf_quiet detach "$2"
	nothing_left "the last detach, $2"
}

# a daemon that was not started by attach stays
foreground() {
	start_handfast -i s0 -m always -o drain_s=0
	works "foreground: detach" hf_quiet detach s0
	run hf_quiet status
	assert_eq "foreground: nothing attached is exit status 1" "$status" 1
	assert_eq "foreground: and says so" "$(hf_quiet status -j |
		jq -r '"\(.daemon) \(.why)"')" \
		"running no interface is attached"
	works "foreground: attach again" attach s0
	traffic "foreground, attached again"
	works "foreground: detach --all" hf_quiet detach --all
	stop handfastd
	nothing_left "foreground"
}

# --- the daemon is dead, hangs, or lives elsewhere --------------------------

kill_attached() {
	pid=$(attached_pid)
	kill -KILL "$pid"
	wait_for 5 is_gone "$pid"
}

dead() {
	works "attach" attach s0
	traffic "daemon alive"
	kill_attached
	traffic "daemon killed"
	run hf_quiet status
	assert_eq "daemon killed: status is exit status 1" "$status" 1
	bg_cli hold "$TOOLS/hold" -d "$SRV4" -p 80 -s ping
	wait_for 5 grep -q ok "$TMP/hold.out"
	for command in counters services flows keys version; do
		works "daemon killed: $command" hf_quiet "$command"
	done
	fails "daemon killed: keys rotate" "no daemon runs" \
		hf_quiet keys rotate
	shapes dead
	stop hold
	works "daemon killed: detach --all" hf_quiet detach --all
	nothing_left "daemon killed, detach --all"
}

dead_two() {
	works "attach s0" attach s0
	works "attach s1" attach s1
	kill_attached
	works "daemon killed: detach s0" hf_quiet detach s0
	assert_eq "... s0 is free, s1 is not" "$(xdp_of s0) $(xdp_of s1)" \
		"null hf_ingress"
	works "daemon killed: detach s1" hf_quiet detach s1
	nothing_left "daemon killed, interface by interface"
}

taken_over() {
	works "attach" attach s0
	traffic "first daemon"
	kill_attached
	traffic "no daemon"
	before=$(counter syn_answered)
	works "attach takes over" attach s0
	assert_ge "... counters go on" "$(counter syn_answered)" "$before"
	works "... and it is healthy" hf_quiet status
	traffic "second daemon"
	check_identities
	works "detach --all" hf_quiet detach --all
	nothing_left "taken over"
}

# timed NAME SECONDS CMD...: leaves status
timed() {
	name=$1 most=$2
	shift 2
	hf_clock
	start=$hf_now
	run "$@"
	hf_clock
	assert_le "$name (10 ms)" $((hf_now - start)) \
		$((most * 100 * ${HF_SLOW:-1}))
}

hung() {
	works "attach" attach s0
	kill -STOP "$(attached_pid)"
	traffic "daemon hangs"
	timed "daemon hangs: status ends" 5 hf_quiet status
	assert_eq "daemon hangs: status is exit status 1" "$status" 1
	assert_eq "daemon hangs: is dead" \
		"$(hf_quiet status -j | jq -r .daemon)" dead
	timed "daemon hangs: detach --all ends" 5 hf_quiet detach --all
	assert_eq "daemon hangs: detach --all" "$status" 0
	assert_eq "daemon hangs: detach --all, stderr" \
		"$(cat "$TMP/stderr")" ""
	nothing_left "daemon hangs, detach --all"
}

# elsewhere ARG...: handfast in a mount namespace where /sys is another one
elsewhere() {
	ip netns exec "hf-$$-srv" "$HANDFAST" -n "$HF_NAME" "$@"
}

attach_elsewhere() {
	# shellcheck disable=SC2086 # several words
	elsewhere attach s0 -m always -o max_flows=65536 -o drain_s=0 \
		-o learn_s=0 $OPTIONS
}

# mounts NAME ATTACH DETACH [KILL]: attached in one place, detached in another
mounts() {
	works "$1" "$2"
	traffic "$1"
	for handfast in hf_quiet elsewhere; do
		works "$1: status by $handfast" $handfast status
	done
	"${4:-true}"
	for handfast in hf_quiet elsewhere; do
		works "$1: flows by $handfast" $handfast flows
	done
	works "$1: detach --all" "$3" detach --all
	nothing_left "$1"
}

attach_s0() {
	attach s0
}

other_mounts() {
	mounts "attached under ip netns exec" attach_elsewhere hf_quiet
	mounts "detached under ip netns exec" attach_s0 elsewhere
	mounts "under ip netns exec, killed" attach_elsewhere hf_quiet \
		kill_attached
	mounts "killed, detached under ip netns exec" attach_s0 elsewhere \
		kill_attached
	mounts "both under ip netns exec, killed" attach_elsewhere elsewhere \
		kill_attached
}

# --- an interface that goes away and comes back -----------------------------

not_armed() {
	hf_quiet status -j | jq -e '.armed | not' >/dev/null
}

comes_back() {
	works "attach" attach s0
	traffic "before the interface goes"
	ip -n "hf-$$-cli" link del c0
	wait_for 5 not_armed
	assert_eq "interface gone: not armed" $? 0
	assert_eq "interface gone: status says so" "$(hf_quiet status -j |
		jq -r '.interfaces[] | "\(.name) \(.armed) \(.why)"')" \
		"s0 false interface is gone"
	net_link
	wait_for 10 hf_quiet status
	assert_eq "interface back: attached again" "$(xdp_of s0)" hf_ingress
	traffic "interface back"
	check_identities
	works "detach --all" hf_quiet detach --all
	nothing_left "interface back"
}

# sockets of starts that are over, of whatever instance
stale_sockets() {
	for file in /run/handfast/ready.*; do
		[ -e "$file" ] && ! kill -0 "${file##*.}" 2>/dev/null &&
			echo "$file"
	done
}

for cmd in bpftool setpriv; do
	command -v $cmd >/dev/null || skip 77 test_cli "no $cmd"
done
net_up
trap 'hf_status=$?; rm -f "$FOREIGN"; net_down; exit $hf_status' EXIT
net_flood_up
instance "$HF_NAME"
instance "$OTHER"
serve web -p 80
stale=$(stale_sockets)
bad_uses
interfaces
namespaces
handoff_is reqsk && syncookies
never_ready
foreign_program
files
no_root
not_attached
precedence
with_a_bad_file
attached
from_outside
two s0 s1
two s1 s0
at_once
foreground
dead
dead_two
taken_over
hung
other_mounts
comes_back
assert_eq "no socket of a start is left" "$(stale_sockets)" "$stale"
summary
