#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# qemu.sh: say where a QEMU is that has more cards than this machine's, as a command
# for VM_QEMU; unpack it there before, with all that it needs, unless it is there.
# Debian 12's 7.2 has no igb, and its e1000e gives no answer.
#
# No package is set up, nothing is installed on this machine.
set -u
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

unpack() {
	rm -rf "$root"
	apt_lists "$root/apt" amd64 bookworm bookworm-backports
	apt apt-get install -y --download-only --no-install-recommends \
		-t bookworm-backports qemu-system-x86 >>"$apt/log" 2>&1 ||
		apt_failed "qemu: packages cannot be downloaded"
	unpack_packages "$root"
	rm -rf "$apt"
	lib=$root/usr/lib/x86_64-linux-gnu
	cat >"$root/qemu" <<-END || exit 1
	#!/bin/sh
	QEMU_MODULE_DIR=$lib/qemu exec $root/usr/lib64/ld-linux-x86-64.so.2 \\
		--library-path $lib $root/usr/bin/qemu-system-x86_64 \\
		-L $root/usr/share/qemu -L $root/usr/share/seabios \\
		-L $root/usr/lib/ipxe/qemu "\$@"
	END
	chmod +x "$root/qemu"
}

mkdir -p "$cache" && cache=$(cd "$cache" && pwd) || exit 1
root=$cache/qemu
exec 9>"$cache/lock" && flock 9 || exit 1
[ -x "$root/qemu" ] || unpack
echo "$root/qemu"
