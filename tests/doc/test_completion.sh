#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_completion.sh: what bash, zsh and fish propose is what `handfast help` lists,
# for each command.
set -u
here=$(cd "$(dirname "$0")" && pwd)
scripts=$here/../../user/completion
handfast=${HANDFAST:-$here/../../build/handfast}
# shellcheck source=tests/check.sh
. "$here/../check.sh"

# words on standard input, one a line, as one line that is in order
sorted() {
	sort -u | xargs
}

# what bash proposes behind these words, of which the last is not finished
# shellcheck disable=SC2016 # bash expands it
bash_words() {
	bash -c '
		. "$1"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_handfast "$1" "${@: -1}" "${@: -2:1}"
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$scripts/handfast.bash" "$handfast" "$@"
}

# what fish proposes behind a line; it finds handfast by PATH
fish_words() {
	PATH=$(dirname "$handfast"):$PATH fish -N -c "
		source $scripts/handfast.fish
		complete -C '$1'" | cut -f 1
}

# what zsh proposes, by a completion system that keeps it
zsh_words() {
	PATH=$(dirname "$handfast"):$PATH zsh -f -c '
		_describe() { print -l -- ${(M)${shown[@]%%:*}:#$words[CURRENT]*} }
		_files() { }
		words=("$@")
		CURRENT=$#
		complete_it() { . '"$scripts"'/_handfast }
		complete_it' zsh handfast "$@"
}

# options_in [COMMAND]: all that its help lists
options_in() {
	"$handfast" help "$@" | grep '^  *-' |
		grep -o '^ *\(-., \)\? *--[a-z]*' | tr -d ',' | tr ' ' '\n' |
		grep .
}

commands_in_help() {
	"$handfast" help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# same NAME "WORDS" LINE...: each shell proposes these behind LINE
same() {
	name=$1
	want=$(echo "$2" | sorted)
	shift 2
	check "bash, $name" "$(bash_words "$@" | sorted)" "$want"
	check "zsh, $name" "$(zsh_words "$@" | sorted)" "$want"
	check "fish, $name" "$(fish_words "handfast $*" | sorted)" "$want"
}

commands=$(commands_in_help)
check "there are commands" "$(echo "$commands" | grep -cx 'status\|help')" 2
same "nothing yet" "$commands
$(options_in)" ''
same "behind an option" "$commands
$(options_in)" --json ''
same "a beginning" "$(echo "$commands" | grep '^co')" co
for command in $commands; do
	same "options of $command" "$(options_in "$command" | grep '^--')" "$command" --
done
# now: others may come and go
same "interfaces" "$(find /sys/class/net -type l -printf '%f\n')
$(options_in attach)" attach ''
same "an argument" "rotate
$(options_in keys)" keys ''
same "a command to help with" "$commands
$(options_in help)" help ''
check "what follows an option is not known" \
	"$(bash_words attach --mode '' | sorted)$(zsh_words attach --mode '')" ""
check "no help tells of --words" "$("$handfast" help help | grep -c words)" 0
for script in "$scripts"/*; do
	check "$(basename "$script") lists nothing itself" \
		"$(grep -cwF "$(echo "$commands" | grep -v '^help$')" "$script")" 0
done
summary
