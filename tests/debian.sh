# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# debian.sh: a minimal Debian in a directory that goes afterwards, with namespaces
# of its own for mounts and processes. Kernel and network are this machine's. Needs
# root, debootstrap and a mirror (VM_MIRROR); KEEP=1 keeps the directory. For tests
# that source it; they have die().
root=''

# debian_make SUITE [PACKAGES]: into $root
debian_make() {
	[ "$(id -u)" -eq 0 ] || die "must be root"
	command -v debootstrap >/dev/null ||
		die "no debootstrap: try apt-get install debootstrap"
	root=$(mktemp -d /var/tmp/newcomer.XXXXXX) && chmod 755 "$root" || exit 1
	[ -n "${KEEP:-}" ] || trap 'rm -rf --one-file-system "$root"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	echo "Debian $1, minimal:"
	debootstrap --variant=minbase ${2:+"--include=$2"} "$1" "$root" \
		"${VM_MIRROR:-http://deb.debian.org/debian}" \
		>"$root.log" 2>&1 || {
		tail -n 5 "$root.log" >&2
		rm -f "$root.log"
		die "debootstrap failed"
	}
	rm -f "$root.log"
	cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null
}

# debian_run: what stands on standard input, as root there
# The root is a mount, since ip(8) wants to change how it propagates.
debian_run() {
	{
		cat <<'END'
set -eu
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
cd /root
END
		cat
	} >"$root/root/script"
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --pid --fork --propagation private sh -c '
		mount --bind "$1" "$1" &&
		mount -t proc proc "$1/proc" && mount -t sysfs sys "$1/sys" &&
		mount --rbind /dev "$1/dev" && mount -t tmpfs run "$1/run" &&
		mount -t tmpfs tmp "$1/tmp" && mkdir "$1/run/lock" &&
		exec chroot "$1" sh /root/script
	' sh "$root"
}
