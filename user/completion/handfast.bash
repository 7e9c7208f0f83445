# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# bash: what may stand next, as `handfast help --words` says.
_handfast()
{
	local current=$2 before=$3 tab=$'\t' word words more

	words=$("$1" help --words 2>/dev/null)
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word != -* && $'\n'$words == *$'\n'"$word$tab"* ]] || continue
		more=$("$1" help --words "$word" 2>/dev/null) && words=$more
		break
	done
	# an option that something follows: the shell's own names
	[[ $'\n'$words$'\n' =~ $'\n'"$before$tab"[^$'\n']*"$tab"[A-Z] ]] && return
	mapfile -t COMPREPLY < <(compgen -W "$(cut -f 1 <<<"$words")" -- "$current")
}
complete -o default -F _handfast handfast
