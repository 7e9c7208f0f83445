#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# newcomer.sh [SUITE [TARGET...]]: what README.md tells a newcomer to do, in a
# minimal Debian (bookworm) of its own: install make and git, clone, `make demo`
# and `make check`, or the targets named. Needs root, debootstrap and a mirror
# (VM_MIRROR); not part of `make check`.
#
# The Debian lives in a directory that goes afterwards, with namespaces of its
# own for mounts and processes. Kernel and network are this machine's. KEEP=1
# keeps the directory.
set -u
tree=$(cd "$(dirname "$0")/.." && pwd)
suite=${1:-bookworm}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- demo check
mirror=${VM_MIRROR:-http://deb.debian.org/debian}
root=''

die() {
	echo "newcomer: $*" >&2
	exit 1
}

[ "$(id -u)" -eq 0 ] || die "must be root"
command -v debootstrap >/dev/null ||
	die "no debootstrap: try apt-get install debootstrap"
root=$(mktemp -d /var/tmp/newcomer.XXXXXX) && chmod 755 "$root" || exit 1
[ -n "${KEEP:-}" ] || trap 'rm -rf --one-file-system "$root"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo "Debian $suite, minimal:"
debootstrap --variant=minbase "$suite" "$root" "$mirror" \
	>"$root.log" 2>&1 || {
	tail -n 5 "$root.log" >&2
	rm -f "$root.log"
	die "debootstrap failed"
}
rm -f "$root.log"
cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null
git clone -q --bare "$tree" "$root/srv/handfast.git" || exit 1

# the README's own line, with the clone's place for URL
install=$(sed -n 's/^    \(apt-get install .*\)$/\1/p' "$tree/README.md" |
	sed 's,URL,/srv/handfast.git,')
[ -n "$install" ] || die "README.md: no line that installs"

cat >"$root/root/newcomer" <<END
set -eu
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
cd /root
apt-get update -q >/dev/null
$install
for target in $*; do
	make \$target
done
END

# The root is a mount, since ip(8) wants to change how it propagates.
# shellcheck disable=SC2016 # expanded by the inner shell
unshare --mount --pid --fork --propagation private sh -c '
	mount --bind "$1" "$1" &&
	mount -t proc proc "$1/proc" && mount -t sysfs sys "$1/sys" &&
	mount --rbind /dev "$1/dev" && mount -t tmpfs run "$1/run" &&
	mount -t tmpfs tmp "$1/tmp" && mkdir "$1/run/lock" &&
	exec chroot "$1" sh /root/newcomer
' sh "$root"
