#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# install.sh [GROUP...]: say which of the packages in tests/packages are
# missing, and install them (not with NO_INSTALL=1): those of the groups build
# and test, and of the groups named, e.g. lint, vm. One with a "?" is wanted
# where this Debian has it.
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
# shellcheck disable=SC2086 # a list of words
apt-get install -q -y --no-install-recommends $list
