# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# What the scripts beside this one share.
set -eu

# ok NAME COMMAND...
ok() {
	name=$1
	shift
	"$@" >/root/said 2>&1 || {
		echo "FAIL $name:"
		cat /root/said
		exit 1
	}
	echo "ok   $name"
}

# is GOT WANTED
is() {
	[ "$1" = "$2" ] || { echo "'$1', want '$2'"; false; }
}

