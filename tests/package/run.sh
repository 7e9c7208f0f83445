#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# run.sh [SUITE]: the Debian packages, built from a clean clone and looked at by
# lintian; then, in a minimal Debian (bookworm) of its own: installed and upgraded
# (installed.sh), run by systemd (booted.sh), purged (purged.sh). See debian.sh; not
# part of `make check`.
set -u
here=$(dirname "$0")
tree=$(cd "$(dirname "$0")/../.." && pwd)
suite=${1:-bookworm}

die() {
	echo "package: $*" >&2
	exit 1
}

# shellcheck source=tests/debian.sh
. "$tree/tests/debian.sh"
debian_make "$suite" systemd,iproute2,busybox

# what building needs stands in tests/packages, too, but for what is always there
needed=$(sed -n 's/^build: //p' "$tree/tests/packages" | tr ' ' '\n' |
	grep -vx -e gcc -e make -e git | sort)
stated=$(sed -n '/^Build-Depends:/,/^[A-Z][^:]*:/p' "$tree/debian/control" |
	sed -n 's/^\(Build-Depends:\)\? *\([a-z0-9-]*\),\?$/\2/p' | sort)
[ "$needed" = "$stated" ] || die "debian/control: builds with $stated, not $needed"

echo "The packages:"
git clone -q "$tree" "$root/srv/handfast" || exit 1
(cd "$root/srv/handfast" && dpkg-buildpackage -us -uc -b) \
	>"$root/srv/log" 2>&1 || {
	tail -n 20 "$root/srv/log" >&2
	die "dpkg-buildpackage failed"
}
deb=$(find "$root/srv" -name 'handfast_*.deb')
fleet=$(find "$root/srv" -name 'handfast-fleet_*.deb')
lintian --allow-root --fail-on error,warning "$deb" "$fleet" ||
	die "lintian has something to say"

# a newer version, as an upgrade brings it
dpkg-deb -R "$deb" "$root/srv/newer" &&
	sed -i 's/^Version: .*/&+newer/' "$root/srv/newer/DEBIAN/control" &&
	dpkg-deb -b "$root/srv/newer" "$root/srv/newer.deb" >/dev/null &&
	mv "$deb" "$root/srv/handfast.deb" &&
	mv "$fleet" "$root/srv/fleet.deb" || exit 1
rm -rf "$root/srv/newer"

# in_debian SCRIPT: with ok() and is()
in_debian() {
	cat "$here/ok.sh" "$here/$1" | debian_run || exit 1
}

# booted SCRIPT: the same, as a unit of that Debian's own systemd, which ends then. Its
# bpffs is a new one, and its network its own.
booted() {
	cat "$here/ok.sh" "$here/$1" >"$root/root/script"
	units=$root/etc/systemd/system
	mkdir -p "$units/default.target.wants" "$root/bpf"
	ln -s ../script.service "$units/default.target.wants/"
	cat >"$units/script.service" <<-END
		[Unit]
		After=multi-user.target
		[Service]
		Type=oneshot
		ExecStart=/bin/sh /root/script
		ExecStopPost=/bin/sh -c 'echo \$EXIT_STATUS >/root/status'
		ExecStopPost=/bin/sh -c 'systemctl poweroff 2>/dev/null'
		StandardOutput=append:/root/out
		StandardError=inherit
	END
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private sh -c '
		mount -t bpf bpf "$1/bpf" &&
		exec timeout 300 systemd-nspawn -q -D "$1" -b --register=no --keep-unit \
			--private-network --capability=all \
			--system-call-filter="bpf @debug" --bind="$1/bpf:/sys/fs/bpf"
	' sh "$root" </dev/null >"$root/root/boot" 2>&1
	cat "$root/root/out"
	[ "$(cat "$root/root/status" 2>/dev/null)" = 0 ] || die "$1 failed"
}

echo "Installed and upgraded:"
in_debian installed.sh
echo "Run by systemd:"
booted booted.sh
echo "Purged:"
in_debian purged.sh
