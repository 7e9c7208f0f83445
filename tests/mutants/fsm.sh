#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# fsm.sh: break the table of the state machine (user/lib/fsm.c) one cell at a
# time and see that a unit test turns red. Each cell of each role gets a wrong
# next state, and a wrong action; ALL=1 tries every wrong one. Not part of `make
# check`. Exit 0 only if no broken table survives.
#
# The tests are built once, without sanitizers, in a scratch copy of the tree; for
# each mutant the table alone is compiled again.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
export CC="${CC:-cc}"
ALL=${ALL:-}
tests=${TESTS:-machine fsm due}	# those that kill most come first
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cp -R "$top/Makefile" "$top/include" "$top/bpf" "$top/user" "$top/tests" "$work"
cd "$work"

# The last initializer of a member holds: mutant.h comes last.
awk '/^const struct fsm_cell fsm_table/ { inside = 1 }
	inside && /^};/ { print "#include \"mutant.h\""; inside = 0 }
	{ print }' "$top/user/lib/fsm.c" >user/lib/fsm.c

# table INITIALIZER: what is wrong from now on
table() {
	echo "$1" >user/lib/mutant.h
}

build() {
	make -s B=out CFLAGS='-O1 -w' SANITIZE= "out/tests/unit/test_$1" \
		>/dev/null || exit 2
}

# Does a test notice? It is named in $red.
is_killed() {
	for red in $tests; do
		build "$red"
		CK_FORK=no CK_VERBOSITY=silent timeout 60 \
			"out/tests/unit/test_$red" >/dev/null 2>&1 || return 0
	done
	return 1
}

# "STATE EVENT ROLE NEXT ACTION" of each cell that a leg has
list_cells() {
	cat >cells.c <<-'END'
	#include <stdio.h>
	#include "lib/fsm.h"
	#define S(s) [HF_##s] = #s
	#define A(a) [FSM_##a] = #a
	#define E(id, name, help) #id,
	static const char *const state[HF_STATE_NR] = {
		S(CLOSED), S(LISTEN), S(SYN_SENT), S(SYN_RECEIVED),
		S(ESTABLISHED), S(FIN_WAIT_1), S(FIN_WAIT_2), S(CLOSE_WAIT),
		S(CLOSING), S(LAST_ACK), S(TIME_WAIT),
	};
	static const char *const action[FSM_ACTION_NR] = {
		A(FOLLOW), A(NONE), A(ADOPT), A(AWAIT_ACK), A(REPEAT),
		A(FORGET), A(OPENED), A(WAIT_2MSL), A(PROBE), A(DESTROY),
		A(END),
	};
	static const char *const role[FSM_ROLE_NR] = {
		A(NO_ROLE), A(PASSIVE), A(ACTIVE),
	};
	static const char *const event[] = { HF_EVENTS(E) };
	static void print(int s, int e, int r)
	{
		const struct fsm_cell *cell = &fsm_table[s][e][r];

		printf("%s %s %s %s %s\n", state[s], event[e], role[r],
		       state[cell->next], action[cell->action]);
	}
	int main(void)
	{
		for (int s = 0; s < HF_STATE_NR; s++)
			for (int e = 0; e < HF_EVENT_NR; e++)
				for (int r = 1; r < FSM_ROLE_NR; r++)
					print(s, e, r);
	}
	END
	$CC -Iinclude -iquote user -o cells cells.c user/lib/fsm.c
	./cells >cells.txt
	states=$(cut -d ' ' -f 1 cells.txt | uniq)
	actions="FOLLOW NONE ADOPT AWAIT_ACK REPEAT FORGET OPENED WAIT_2MSL
		PROBE DESTROY END"
}

# Why a table with $3 ($2: next or action) for cell "$1" is no other one.
why_same() {
	# shellcheck disable=SC2086 # words
	set -- "$2" "$3" $1
	case $1:$7:$2:$6 in
	next:FOLLOW:*) echo "the record decides, 'next' is not read" ;;
	action:NONE:OPENED:ESTABLISHED | action:OPENED:NONE:ESTABLISHED | \
	action:NONE:OPENED:CLOSE_WAIT | \
	action:NONE:WAIT_2MSL:TIME_WAIT | action:WAIT_2MSL:NONE:TIME_WAIT)
		echo "wait_by_state() does the same in $6" ;;
	esac
}

# What is wrong for "next" or "action" ($1) when $2 is right: one, or each.
wrong_ones() {
	case $1 in
	next) all=$states ;;
	action) all=$actions ;;
	esac
	for one in $all; do
		[ "$one" = "$2" ] && continue
		echo "$one"
		[ "$ALL" ] || return 0
	done | sort -u
}

# $1: a cell; $2: next or action; $3: what is right
break_cell() {
	case $2 in
	next) prefix=HF_ ;;
	action) prefix=FSM_ ;;
	esac
	for wrong in $(wrong_ones "$2" "$3"); do
		why=$(why_same "$1" "$2" "$wrong")
		if [ "$why" ]; then
			echo "$why" >>same.txt
			continue
		fi
		mutants=$((mutants + 1))
		table "[HF_$state][HF_EV_$event][FSM_$role].$2 = $prefix$wrong,"
		if is_killed; then
			echo "$red" >>killers.txt
			continue
		fi
		survivors=$((survivors + 1))
		echo "survived: [$state][$event][$role] $2 $3 -> $wrong"
	done
}

table ""
list_cells
if is_killed; then
	echo "test_$red is red with the right table" >&2
	exit 1
fi

cells=0 mutants=0 survivors=0
touch same.txt killers.txt
exec 3<cells.txt
while read -r state event role next action <&3; do
	cells=$((cells + 1))
	break_cell "$state $event $role $next $action" next "$next"
	break_cell "$state $event $role $next $action" action "$action"
done
sort same.txt | uniq -c | while read -r nr why; do
	echo "no other table: $nr times, $why"
done
sort killers.txt | uniq -c | while read -r nr name; do
	echo "test_$name: $nr turned it red first"
done
echo "$cells cells, $mutants broken tables, $survivors survived"
[ $survivors -eq 0 ]
