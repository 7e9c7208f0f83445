#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernel.sh KERNEL DIR [ROOT]: put Debian's kernel of that version, unpacked,
# and the initrd that boots it into DIR, unless they are there. ROOT has the
# programs of the guest, if not this machine's.
#
#   DIR/vmlinuz  DIR/initrd  DIR/lib/modules/RELEASE
#
# Nothing is installed. A kernel that is there is kept: remove DIR for a newer
# one.
set -u
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

unpack() {
	rm -rf "$dir"
	apt_lists "$dir/apt" "$arch" "$suite"
	package=$(apt apt-cache depends "linux-image-$flavour$arch" |
		awk '$1 == "Depends:" { print $2; exit }')
	case $package in
	"linux-image-$version."*) ;;
	*) die "kernel $kernel: $suite has '$package' instead" ;;
	esac
	(cd "$dir" && apt apt-get download "$package" >>apt/log 2>&1) ||
		apt_failed "kernel $kernel: $package cannot be downloaded"
	dpkg-deb -x "$dir/$package"_*.deb "$dir" ||
		die "kernel $kernel: $package cannot be unpacked"
	rm -rf "$dir/$package"_*.deb "$dir/apt"
	depmod -b "$dir" "$(ls "$dir/lib/modules")" ||
		die "kernel $kernel: depmod failed"
	mv "$dir"/boot/vmlinuz-* "$dir/vmlinuz" || exit 1
}

# modules NAME...: their files, each after those that it needs
modules() {
	for name; do
		modprobe -d "$dir" -S "$release" --show-depends "$name" ||
			die "kernel $kernel: no module $name"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# busybox, what it is linked with (a foreign one: nothing), and the modules that
# reach the host's files
initrd() {
	busybox=$programs/bin/busybox
	[ -n "$programs" ] || busybox=$(command -v busybox)
	root=$dir/root
	rm -rf "$root"
	mkdir -p "$root/bin" "$root/modules" "$root/dev" "$root/proc" \
		"$root/host" "$root/rw" "$root/new" || return
	cp "$busybox" "$root/bin/busybox" || return
	for lib in $(ldd "$busybox" 2>/dev/null | grep -o '/[^ ]*'); do
		mkdir -p "$root${lib%/*}" && cp -L "$lib" "$root$lib" || return
	done
	nr=10
	for file in $(modules virtio_pci virtio_console virtiofs overlay); do
		nr=$((nr + 1))
		to=$root/modules/$nr-${file##*/}
		case $file in
		*.xz) xz -dc "$file" >"${to%.xz}" || return ;;
		*) cp "$file" "$to" || return ;;
		esac
	done
	echo "$release" >"$root/release"
	install -m 0755 "$here/init" "$root/init" || return
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) \
		>"$dir/initrd.new" || return
	rm -rf "$root"
	mv "$dir/initrd.new" "$dir/initrd"
}

kernel=${1:-}
dir=${2:-}
programs=${3:-}
version=${kernel%-*}
arch=amd64 flavour=cloud-
case $kernel in
*-arm64) arch=arm64 ;;
*-full) flavour= ;;
esac
case $version in
6.1) suite=bookworm ;;
6.12) suite=bookworm-backports ;;
*) die "kernel '$kernel': not known, only 6.1 and 6.12 are" ;;
esac
[ -e "$dir/vmlinuz" ] || unpack
[ -z "$(find "$dir/initrd" -newer "$0" -newer "$here/init" 2>/dev/null)" ] ||
	exit 0
release=$(ls "$dir/lib/modules")
initrd || die "kernel $kernel: no initrd can be made"
