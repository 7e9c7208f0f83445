#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# install.sh [GROUP...]: say which of the packages in tests/packages are
# missing, and install them (not with NO_INSTALL=1): those of the groups build
# and test, and of the groups named, e.g. lint, vm. One with a "?" is wanted
# where this Debian has it. No daemon that comes with them runs, now or after the
# next boot: tests start their own.
set -u
here=$(dirname "$0")
wanted=$(for group in build test "$@"; do
	sed -n "s/^$group: //p" "$here/packages"
done)

# known PACKAGE: by a package list that is there already, or was just fetched
known() {
	apt-cache show "$1" >/dev/null 2>&1
}

missing() {
	for package in $wanted; do
		case $package in
		*\?)
			package=${package%?}
			known "$package" || continue
			;;
		esac
		dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null |
			grep -q ' installed$' || printf '%s ' "$package"
	done
}

# A policy that is there already stays, whatever it says: see invoke-rc.d(8)
policy=/usr/sbin/policy-rc.d
start_nothing() {
	[ -e $policy ] && return
	trap 'rm -f $policy' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
}

units() {
	find /lib/systemd/system/ -name '*.service' ! -name '*@*' \
		-printf '%f\n' 2>/dev/null | sort
}

# enable_nothing BEFORE: of the units that came since then
enable_nothing() {
	command -v systemctl >/dev/null || return 0
	new=$(units | grep -vxF "$1")
	# shellcheck disable=SC2086 # a list of words
	[ -z "$new" ] || systemctl --quiet disable $new
}

command -v dpkg-query >/dev/null || exit 0	# not Debian: as it is
list=$(missing)
[ -n "$list" ] || exit 0
echo "packages missing: $list"
if [ -n "${NO_INSTALL:-}" ]; then
	echo "NO_INSTALL is set: not installed" >&2
	exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "handfast: packages: must be root to install them" >&2
	echo "try: apt-get install $list" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q || exit 1
list=$(missing)		# with what the new lists know
start_nothing
before=$(units)
# shellcheck disable=SC2086 # a list of words
apt-get install -q -y --no-install-recommends $list || exit 1
enable_nothing "$before"
