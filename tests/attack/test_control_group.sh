#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_control_group.sh: members of control_group read what root reads, and nothing
# else: no map, no key, no command that changes something. Who is no member has
# nothing.
#
# Topology: attack.sh.
set -u
# shellcheck source=tests/attack/attack.sh
. "$(dirname "$0")/attack.sh"

SOCKET=/run/handfast/$HF_NAME.sock
GROUP=games OTHER=staff
READ='status services states counters flows keys'

gid_of() {
	getent group "$1" | cut -d : -f 3
}

# as GROUPS CMD...: nobody, with these supplementary groups; in srv
as() {
	groups=$1
	shift
	case $groups in
	'') groups=--clear-groups ;;
	*) groups=--groups=$groups ;;
	esac
	in_ns srv setpriv --reuid 65534 --regid 65534 "$groups" "$@" </dev/null
}

member() {
	as "$(gid_of $GROUP)" "$@"
}

stranger() {
	as "" "$@"
}

hf_member() {
	member "$HANDFAST" -n "$HF_NAME" "$@"
}

hf_stranger() {
	stranger "$HANDFAST" -n "$HF_NAME" "$@"
}

# file_is GROUP MODE: the socket's
file_is() {
	[ "$(stat -c '%U %G %a' "$SOCKET")" = "root $1 $2" ]
}

# still: what goes on by itself is not compared
still() {
	sed 's/"\(uptime_s\|idle_s\|age_s\|phase_since_s\|next_rotation_s\|syn_rate\)": [0-9]*/"\1": N/g
		s/for [0-9]* seconds*/for N/g; s/[0-9]* s\b/N s/g; s/(now [0-9]*/(now N/g' "$1"
}

# root_sees FILE ARG...
root_sees() {
	file=$1
	shift
	hf_quiet "$@" >"$TMP/root"
	root=$?
	still "$TMP/root" >"$file"
}

# reads_both ARG...: root, the member, and root again, who saw nothing move
reads_both() {
	root_sees "$TMP/before" "$@"
	hf_member "$@" >"$TMP/member"
	status=$?
	root_sees "$TMP/after" "$@"
	cmp -s "$TMP/before" "$TMP/after"
}

# reads_alike NAME ARG...: what the member sees is what root sees
reads_alike() {
	name=$1
	shift
	wait_for 10 reads_both "$@"
	assert_eq "member: $name: exit status" "$status" "$root"
	still "$TMP/member" >"$TMP/member.still"
	diff "$TMP/after" "$TMP/member.still" >&2
	assert_eq "member: $name: as root sees it" $? 0
	[ -s "$TMP/member" ]
	assert_eq "member: $name: something is shown" $? 0
}

member_reads() {
	for command in $READ; do
		reads_alike "$command" "$command"
		reads_alike "$command --json" "$command" --json
	done
	reads_alike "split counters" counters --services --interfaces -a
	reads_alike "transitions" states --transitions --json
	reads_alike "one flow" flows --limit 1 --state ESTABLISHED \
		--service 80 --client $CLI4
	reads_alike "no flow" flows --client 10.99.99.99 --json
	hf_member version >/dev/null
	assert_eq "member: version" $? 0
	hf_member flows --state NONE 2>"$TMP/bad"
	assert_eq "member: a bad option is bad use" $? 2
	hf_member doctor s0 >"$TMP/doctor"
	assert_ge "member: doctor sees what needs no root" \
		"$(grep -c ^ok "$TMP/doctor")" 5
}

# what commands could change
footprint() {
	hf_quiet status --json | jq -c '[.interfaces[].name, .config, .armed]'
	hf_quiet keys --json | jq .generation
	ls -l "/sys/fs/bpf/handfast/$HF_NAME"/v*
	stat -c '%U %G %a' "$SOCKET"
}

# is_refused WHAT ARG...: in one line that names it, and nothing changes
is_refused() {
	what=$1
	shift
	footprint >"$TMP/before"
	hf_member "$@" >"$TMP/out" 2>"$TMP/refused"
	assert_eq "member: $*: exit status" $? 1
	assert_eq "member: $*: refused" "$(cat "$TMP/refused")" \
		"handfast: $what: only root may
try: the same as root"
	assert_eq "member: $*: nothing else is said" "$(cat "$TMP/out")" ""
	footprint >"$TMP/after"
	diff "$TMP/before" "$TMP/after" >&2
	assert_eq "member: $*: nothing changes" $? 0
}

member_changes_nothing() {
	conf "[handfast]" "control_group = $GROUP" "reflect_rate = 77"
	is_refused attach attach s1
	is_refused detach detach s0
	is_refused detach detach s0 --now
	is_refused "keys rotate" keys rotate
	is_refused reload reload
	is_refused "$HF_NAME" trace
	is_refused "$HF_NAME" confirm
	conf "[handfast]" "control_group = $GROUP"
	footprint >"$TMP/before"
	hf_member detach --all 2>"$TMP/refused"
	assert_eq "member: detach --all: exit status" $? 1
	assert_eq "member: detach --all: refused" "$(cat "$TMP/refused")" \
		"handfast: $HF_NAME: Permission denied
try: the same as root"
	footprint >"$TMP/after"
	diff "$TMP/before" "$TMP/after" >&2
	assert_eq "member: detach --all: nothing changes" $? 0
	for signal in TERM HUP USR2; do
		member kill -s $signal "$(cat "$TMP/handfastd.pid")" 2>/dev/null
	done
	daemon_is running
	assert_eq "member: no signal" $? 0
}

# says WHO TEXT: a request; what came with the reply
says() {
	who=$1
	shift
	"$who" "$TOOLS/taken" "$SOCKET" "$@" >"$TMP/taken.out" 2>&1
}

# the keys in words of 8 bytes, as hexadecimal digits and as numbers
key_words() {
	bpftool -j map dump pinned "/sys/fs/bpf/handfast/$HF_NAME"/v[0-9]*/keys \
		>"$TMP/keys.json"
	grep -o '"k[01]":[0-9]*' "$TMP/keys.json" | cut -d : -f 2 | grep -vx 0
	<"$TMP/keys.json" jq -r '.[] | .value[]' | sed 's/^0x//' | tr -d '\n' |
		sed 's/\(.\{16\}\)/\1\n/g' | grep -v '^0*$' | sort -u
}

nothing_is_taken() {
	says in_root '{"command":"maps"}'
	assert_ge "root: has the maps" "$(field maps taken)" 20
	for command in maps attach detach reload rotate stop; do
		says member "{\"command\":\"$command\",\"iface\":\"s0\"}"
		assert_eq "member: $command: no file comes along" \
			"$(tail -n 1 "$TMP/taken.out")" \
			"maps=0 files=0 writable=0"
	done
	for command in $READ; do
		says member "{\"command\":\"$command\",\"json\":true}"
		assert_eq "member: $command: a file that cannot be written" \
			"$(tail -n 1 "$TMP/taken.out")" \
			"maps=0 files=1 writable=0"
		says stranger "{\"command\":\"$command\",\"json\":true}"
		assert_eq "stranger: $command" "$(cat "$TMP/taken.out")" \
			"taken: Permission denied"
	done
	for text in '{}' '[]' '"flows"' '{"command":"flows","options":[]}' \
		'{"command":"flows","options":{"x":1}}' '{"command":null}' \
		'{"command":"flows","options":{"limit":"x"}}' \
		'{"command":"flows","options":{"limit":{},"state":null}}'; do
		says member "$text"
		assert_eq "member: $text: no map" \
			"$(tail -n 1 "$TMP/taken.out" |
			grep -c 'maps=0 .* writable=0')" 1
	done
}

in_root() {
	in_ns srv "$@"
}

no_key() {
	key_words >"$TMP/keys"
	assert_ge "keys: there are some" "$(grep -c . "$TMP/keys")" 2
	for command in $READ; do
		hf_member "$command" --json
	done >"$TMP/all"
	assert_eq "keys: none of them is told" \
		"$(tr -d ' ' <"$TMP/all" | grep -c -f "$TMP/keys")" 0
	assert_eq "sequence numbers: none is told" \
		"$(grep -c '"seq\|"iss\|"irs' "$TMP/all")" 0
	member bpftool map dump pinned \
		"/sys/fs/bpf/handfast/$HF_NAME"/v*/keys >/dev/null 2>&1
	assert_eq "keys: the pin is closed" "$(($? != 0))" 1
}

strangers() {
	for command in $READ reload "keys rotate" "detach s0"; do
		# shellcheck disable=SC2086 # several words
		hf_stranger $command >"$TMP/out" 2>"$TMP/refused"
		assert_eq "stranger: $command: exit status" $? 1
		assert_eq "stranger: $command: hears why" "$(cat "$TMP/refused")" \
			"handfast: $HF_NAME: Permission denied
try: the same as root"
		assert_eq "stranger: $command: sees nothing" \
			"$(cat "$TMP/out")" ""
	done
}

by_primary_group() {
	in_ns srv setpriv --reuid 65534 --regid "$(gid_of $GROUP)" \
		--clear-groups "$HANDFAST" -n "$HF_NAME" status >/dev/null
	assert_eq "a member by its primary group" $? 0
}

# Who has given up his privileges cannot change the socket's file.
at_the_next_start() {
	conf "[handfast]" "control_group = nosuchgroup"
	hf reload 2>"$TMP/refused"
	assert_eq "reload: no such group: exit status" $? 1
	assert_eq "reload: no such group: said so" "$(grep -c \
		":2: control_group: 'nosuchgroup': no such group" \
		"$TMP/refused")" 1
	conf "[handfast]" "control_group = $OTHER" "drain_s = 0"
	assert_eq "reload: another group: takes effect later" "$(hf reload)" \
		"control_group: takes effect at the next start"
	file_is $GROUP 660
	assert_eq "reload: another group: the socket's file" $? 0
	end_daemon USR2
	defend -m always -c "$TMP/conf"
	file_is $OTHER 660
	assert_eq "next start: the socket's file" $? 0
	hf_member status 2>"$TMP/refused"
	assert_eq "next start: the former member: exit status" $? 1
	assert_eq "next start: the former member hears why" \
		"$(head -n 1 "$TMP/refused")" \
		"handfast: $HF_NAME: Permission denied"
	as "$(gid_of $OTHER)" "$HANDFAST" -n "$HF_NAME" status >/dev/null
	assert_eq "next start: the new member" $? 0
}

bad_group() {
	in_ns srv "$HANDFASTD" -n "$HF_NAME" -i s0 -o control_group=nosuchgroup \
		2>"$TMP/refused"
	assert_eq "no such group: exit status" $? 1
	assert_eq "no such group: said so" "$(cat "$TMP/refused")" \
		"handfastd: control_group: 'nosuchgroup': no such group"
	conf "[handfast]" "control_group = nosuchgroup"
	"$HANDFASTD" -t -c "$TMP/conf" 2>"$TMP/refused"
	assert_eq "no such group in the file: exit status" $? 1
	assert_eq "no such group in the file: said so" "$(cat "$TMP/refused")" \
		"handfastd: $TMP/conf:2: control_group: 'nosuchgroup': no such group"
}

attack_up
bad_group
conf "[handfast]" "control_group = $GROUP"
defend -m always -c "$TMP/conf"
file_is $GROUP 660
assert_eq "the socket's file" $? 0
bg_cli held "$TOOLS/hold" -d "$SRV4" -p 80
wait_for 5 grep -q connected "$TMP/held.out"
wait_for 3 listening 80
member_reads
by_primary_group
strangers
nothing_is_taken
no_key
member_changes_nothing
at_the_next_start
assert_eq "nobody noticed: the connection stands" \
	"$(hf_quiet flows --json --state ESTABLISHED | jq '.flows | length')" 1
stop held
summary
