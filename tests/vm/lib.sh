# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# lib.sh: for the scripts beside it: the cache, and Debian's packages of any
# suite and architecture.
#
# VM_CACHE (directory for what was unpacked), VM_MIRROR.
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:+$XDG_CACHE_HOME/handfast-vm}
cache=${VM_CACHE:-${cache:-$tree/build/vm}}
mirror=${VM_MIRROR:-http://deb.debian.org/debian}
keys=/usr/share/keyrings/debian-archive-keyring.gpg

die() {
	echo "vm: $*" >&2
	exit 1
}

# apt CMD ARG...: with lists of its own below $apt, where no package is
# installed: the host's sources do not matter and stay as they are
apt() {
	apt_cmd=$1
	shift
	"$apt_cmd" -q -o Dir::Etc::sourcelist="$apt/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State="$apt" -o Dir::State::status="$apt/status" \
		-o Dir::Cache="$apt/cache" -o APT::Architecture="$apt_arch" \
		-o APT::Architectures::="$apt_arch" -o Debug::NoLocking=1 \
		-o APT::Update::Error-Mode=any -o APT::Sandbox::User=root "$@"
}

# apt_lists DIR ARCH SUITE...: get them, below DIR
apt_lists() {
	apt=$1 apt_arch=$2
	shift 2
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" || exit 1
	: >"$apt/status"
	for suite; do
		echo "deb [arch=$apt_arch signed-by=$keys] $mirror $suite main"
	done >"$apt/sources.list"
	apt apt-get update >"$apt/log" 2>&1 ||
		apt_failed "no package list of $* from $mirror"
}

# unpack_packages ROOT: those that were downloaded, as a file system there
unpack_packages() {
	mkdir -p "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib" "$1/usr/lib64" &&
		ln -s usr/bin usr/sbin usr/lib usr/lib64 "$1" || exit 1
	for deb in "$apt"/cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -C "$1" -x \
			--keep-directory-symlink -f - ||
			die "${deb##*/} cannot be unpacked"
	done
}

# apt_failed WHAT
apt_failed() {
	tail -n 5 "$apt/log" >&2
	die "$1"
}
