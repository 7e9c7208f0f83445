# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# fish: what may stand next, as `handfast help --words` says.
function __handfast_words
	set -l given (commandline -opc)
	set -l lines ($given[1] help --words 2>/dev/null)
	for word in $given[2..-1]
		if string match -qv -- '-*' $word
			and string match -q -- "$word	*" $lines
			set lines ($given[1] help --words $word 2>/dev/null)
			break
		end
	end
	printf '%s\n' $lines | cut -f 1,2
end

complete -c handfast -f -a '(__handfast_words)'
