#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernel.sh KERNEL DIR: put Debian's kernel of that version, unpacked, and the
# initrd that boots it into DIR, unless they are there.
#
#   DIR/vmlinuz  DIR/initrd  DIR/lib/modules/RELEASE
#
# The package is downloaded with package lists of its own, so that the host's
# sources do not matter and stay as they are; nothing is installed. A kernel
# that is there is kept: remove DIR for a newer one.
set -u
here=$(cd "$(dirname "$0")" && pwd)
mirror=${VM_MIRROR:-http://deb.debian.org/debian}
keys=/usr/share/keyrings/debian-archive-keyring.gpg

die() {
	echo "vm: kernel $*" >&2
	exit 1
}

# apt CMD ARG...: with the lists of this kernel's suite only
apt() {
	apt_cmd=$1
	shift
	"$apt_cmd" -q -o Dir::Etc::sourcelist="$dir/apt/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$dir/apt/lists" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-o APT::Update::Error-Mode=any -o APT::Sandbox::User=root "$@"
}

unpack() {
	rm -rf "$dir"
	mkdir -p "$dir/apt/lists/partial" || exit 1
	echo "deb [arch=amd64 signed-by=$keys] $mirror $suite main" \
		>"$dir/apt/sources.list"
	apt apt-get update >"$dir/apt/log" 2>&1 || {
		tail -n 5 "$dir/apt/log" >&2
		die "$kernel: no package list of $suite from $mirror"
	}
	package=$(apt apt-cache depends linux-image-cloud-amd64 |
		awk '$1 == "Depends:" { print $2; exit }')
	case $package in
	"linux-image-$kernel."*) ;;
	*) die "$kernel: $suite has '$package' instead" ;;
	esac
	(cd "$dir" && apt apt-get download "$package" >>apt/log 2>&1) || {
		tail -n 5 "$dir/apt/log" >&2
		die "$kernel: $package cannot be downloaded"
	}
	dpkg-deb -x "$dir/$package"_*.deb "$dir" ||
		die "$kernel: $package cannot be unpacked"
	rm -rf "$dir/$package"_*.deb "$dir/apt"
	depmod -b "$dir" "$(ls "$dir/lib/modules")" ||
		die "$kernel: depmod failed"
	mv "$dir"/boot/vmlinuz-* "$dir/vmlinuz" || exit 1
}

# modules NAME...: their files, each after those that it needs
modules() {
	for name; do
		modprobe -d "$dir" -S "$release" --show-depends "$name" ||
			die "$kernel: no module $name"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# busybox, what it is linked with, and the modules that reach the host's files
initrd() {
	busybox=$(command -v busybox)
	root=$dir/root
	rm -rf "$root"
	mkdir -p "$root/bin" "$root/modules" "$root/dev" "$root/proc" \
		"$root/host" "$root/rw" "$root/new" || return
	cp "$busybox" "$root/bin/busybox" || return
	for lib in $(ldd "$busybox" | grep -o '/[^ ]*'); do
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
case $kernel in
6.1) suite=bookworm ;;
6.12) suite=bookworm-backports ;;
*) die "'$kernel': not known, only 6.1 and 6.12 are" ;;
esac
[ -e "$dir/vmlinuz" ] || unpack
[ -z "$(find "$dir/initrd" -newer "$0" -newer "$here/init" 2>/dev/null)" ] ||
	exit 0
release=$(ls "$dir/lib/modules")
initrd || die "$kernel: no initrd can be made"
