#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# root.sh: say where Debian 12 for arm64 is, and unpack it there before, unless
# it is there: what handfast is linked with (SYSROOT), and what its tests need
# (the guest's root). Its packages: tests/packages.
#
# No program of it runs here, so no package is set up; what that would have
# done is done below. Nothing is installed on this machine.
set -u
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

packages() {
	sed -n 's/^build: //p' "$here/../packages" | tr ' ' '\n' |
		grep -- '-dev$'
	sed -n 's/^arm64: //p' "$here/../packages" | tr ' ' '\n'
}

# Links that lead out of it are made to lead into it.
relative_links() {
	find "$root" -type l -lname '/*' | while read -r link; do
		ln -sfnr "$root$(readlink "$link")" "$link" || exit
	done
}

unpack() {
	rm -rf "$root" "$root.list" "$root.apt"
	apt_lists "$root.apt" arm64 bookworm
	# shellcheck disable=SC2046 # a list of words
	apt apt-get install -y --download-only --no-install-recommends \
		$(packages) >>"$apt/log" 2>&1 ||
		apt_failed "arm64: packages cannot be downloaded"
	unpack_packages "$root"
	relative_links && ln -s mawk "$root/usr/bin/awk" || exit 1
	rm -rf "$apt"
	packages >"$root.list"
}

mkdir -p "$cache" && cache=$(cd "$cache" && pwd) || exit 1
root=$cache/arm64
exec 9>"$cache/lock" && flock 9 || exit 1
packages | cmp -s - "$root.list" || unpack
echo "$root"
