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

# apt_lists DIR ARCH SUITE: get them, below DIR
apt_lists() {
	apt=$1 apt_arch=$2
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" || exit 1
	: >"$apt/status"
	echo "deb [arch=$2 signed-by=$keys] $mirror $3 main" \
		>"$apt/sources.list"
	apt apt-get update >"$apt/log" 2>&1 ||
		apt_failed "no package list of $3 from $mirror"
}

# apt_failed WHAT
apt_failed() {
	tail -n 5 "$apt/log" >&2
	die "$1"
}
