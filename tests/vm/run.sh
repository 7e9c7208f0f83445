#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# run.sh KERNEL COMMAND...: run a command of this tree under Debian's kernel
# 6.1 or 6.12, in an emulated machine (x86-64, no kvm needed), or under the same
# for arm64 (6.1-arm64, 6.12-arm64).
#
#   host /  --virtiofs, read-only-->  guest /host  --overlay in memory-->  /
#
# What was built here runs there as it is, and what it writes is gone
# afterwards, but for build/log, which comes back as build/vm-log/KERNEL. For
# arm64 it is what `make arm64` has built; the guest's / comes from root.sh, this
# tree is seen below it.
#
# There is no network. The exit status is the command's; 1 also when the guest
# does not end within VM_SECONDS. HF_SLOW goes to tests/net/lib.sh: the verifier
# alone takes 8 s for what takes 1 s here.
#
# VM_NIC: a model of QEMU's, e.g. vmxnet3: the server of the tests has such a card,
# its client a virtio one, on one wire, instead of a veth. KERNEL may then be
# 6.1-full or 6.12-full, which have drivers for all of them.
#
# VM_SECONDS, VM_CPUS, VM_MEMORY (MiB), VM_CACHE (directory of the kernels and
# of root.sh), VM_QEMU and VM_THREAD (see below), VM_CONSOLE (file for the
# kernel's log).
set -u
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
seconds=${VM_SECONDS:-1800}
memory=${VM_MEMORY:-4096}
run=''
qemu=''
files=''
nics=''

# shellcheck disable=SC2317 # by trap
end() {
	status=$?
	trap '' INT TERM
	[ -z "$qemu" ] || kill "$qemu"
	[ -z "$files" ] || kill "$files"
	[ -z "$run" ] || rm -rf "$run"
	exit "$status"
} 2>/dev/null

# What is emulated; of arm64 also where its programs are.
choose_machine() {
	case $kernel in
	*-arm64)
		emulator=${VM_QEMU:-qemu-system-aarch64}
		machine=virt cpu=neoverse-n1 console=ttyAMA0
		built=$tree/build/aarch64-linux-gnu
		root=$("$here/root.sh") || exit 1
		;;
	*)
		# Emulated cmpxchg16b goes wrong now and then (QEMU 7.2,
		# 10.0), which kills 6.12's allocator.
		emulator=${VM_QEMU:-qemu-system-x86_64}
		machine=q35 cpu=max,-cx16 console=ttyS0
		built='' root=''
		;;
	esac
	# MACs as tests/net/lib.sh looks for them
	[ -z "${VM_NIC:-}" ] || nics="-device $VM_NIC,netdev=w1,mac=52:54:00:00:00:01
		-device virtio-net-pci,netdev=w2,mac=52:54:00:00:00:02
		$(netdevs)"
}

netdevs() {
	[ -n "${VM_QUEUES:-}" ] || {
		echo "-netdev hubport,id=w1,hubid=1 -netdev hubport,id=w2,hubid=1"
		return
	}
	[ "$VM_QUEUES" -gt 1 ] && several=,queues=$VM_QUEUES || several=
	tap=vhost=off,script=no,downscript=no
	echo "-netdev tap,id=w1,ifname=t1,$tap$several" \
		"-netdev tap,id=w2,ifname=t2,$tap"
}

# Of x86, QEMU before 8.1 translates code while another processor's thread
# patches it ("Oops: int3" where the kernel flips a static key): all in one
# thread then.
threads() {
	[ "$machine" = q35 ] || { echo multi; return; }
	"$emulator" --version | awk '/^QEMU/ {
		split($4, v, ".")
		print v[1] * 100 + v[2] < 801 ? "single" : "multi"
	}'
}

# quoted WORD...: as the shell reads them again
quoted() {
	for word; do
		printf "'%s' " "$(printf '%s\n' "$word" | sed "s/'/'\\\\''/g")"
	done
}

# the initrd with what this run adds to it
add_command() {
	mkdir -p "$run/add/vm" && cp "$here/guest.sh" "$run/add/vm/" || exit 1
	echo "$cache/$kernel/lib/modules" >"$run/add/vm/modules"
	echo "$tree" >"$run/add/vm/tree"
	echo "$root" >"$run/add/vm/root"
	[ -z "$root" ] || printf '%s\n' "$tree" "$cache" >"$run/add/vm/shared"
	cat >"$run/add/vm/command" <<-END
	export HF_NIC=$(quoted "${VM_NIC:-}") HF_QUEUES=${VM_QUEUES:-}
	export NO_INSTALL=1 HF_SLOW=${HF_SLOW:-10} HOME=/root
	$([ -z "$built" ] || echo "export $(quoted "TOOLS=$built/tests" \
		"HANDFAST=$built/handfast" "HANDFASTD=$built/handfastd")")
	cd $(quoted "$PWD") || exit 1
	exec $(quoted "$@")
	END
	(cd "$run/add" && find . | busybox cpio -o -H newc 2>/dev/null) |
		cat "$cache/$kernel/initrd" - >"$run/initrd"
}

# Serve /, seen read-only at /mnt of a mount namespace of its own, since the
# server cannot make its own root its root.
serve_files() {
	for virtiofsd in /usr/libexec/virtiofsd /usr/lib/qemu/virtiofsd ''; do
		[ -x "$virtiofsd" ] && break
	done
	[ -n "$virtiofsd" ] || die "no virtiofsd: try tests/install.sh vm"
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private sh -c '
		mount --rbind / /mnt && mount -o remount,bind,ro /mnt &&
		exec "$1" --socket-path="$2" -o source=/mnt -o cache=always
	' sh "$virtiofsd" "$run/files" >"$run/virtiofsd.log" 2>&1 &
	files=$!
	tries=0
	until [ -S "$run/files" ]; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || {
			cat "$run/virtiofsd.log" >&2
			die "virtiofsd does not start"
		}
		sleep 0.05
	done
}

# A guest that has to wait for its processor while it boots finds out wrongly how
# fast the tsc counts (time went 13 times too fast), and that no timer works:
# time is the HPET's, and the timer is believed in.
boot() {
	parameters="mitigations=off tsc=unstable no_timer_check"
	[ -z "${VM_QUEUES:-}" ] ||
		wire="unshare --net $here/wire.sh $VM_QUEUES"
	# shellcheck disable=SC2086 # several words
	exec ${wire:-} timeout -k 5 "$seconds" "$emulator" \
		-nodefaults -display none -no-reboot \
		-machine "$machine,memory-backend=ram" \
		-object memory-backend-memfd,id=ram,size="${memory}M",share=on \
		-accel tcg,thread="${VM_THREAD:-$(threads)}" \
		-cpu "$cpu" -smp "${VM_CPUS:-2}" -m "$memory" \
		-kernel "$cache/$kernel/vmlinuz" -initrd "$run/initrd" \
		-append "console=$console panic=-1 $parameters" \
		-serial file:"$run/console" \
		-chardev socket,id=files,path="$run/files" \
		-device vhost-user-fs-pci,chardev=files,tag=host \
		-device virtio-serial-pci \
		-chardev file,id=out,path="$run/out" \
		-device virtserialport,chardev=out,nr=1 \
		-chardev file,id=status,path="$run/status" \
		-device virtserialport,chardev=status,nr=2 \
		-chardev file,id=log,path="$run/log.tar" \
		-device virtserialport,chardev=log,nr=3 \
		$nics \
		</dev/null >"$run/qemu.log" 2>&1
}

if [ $# -lt 2 ]; then
	echo "usage: run.sh 6.1|6.12[-arm64|-full] COMMAND..." >&2
	exit 2
fi
kernel=$1
shift
[ "$(id -u)" -eq 0 ] || die "must be root"
choose_machine
for need in "$emulator" modprobe busybox xz; do
	command -v "$need" >/dev/null || die "no $need: try tests/install.sh vm"
done
mkdir -p "$cache" && cache=$(cd "$cache" && pwd) || exit 1
flock "$cache/lock" "$here/kernel.sh" "$kernel" "$cache/$kernel" "$root" ||
	exit 1

trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
run=$(mktemp -d) || exit 1
add_command "$@"
serve_files
mkfifo "$run/out"
cat "$run/out" &
cat=$!
# the output's end is when qemu has ended, though it may never have opened it
boot 3>"$run/out" &
qemu=$!
wait $qemu
ended=$?
qemu=''
wait $cat

[ -z "${VM_CONSOLE:-}" ] || cp "$run/console" "$VM_CONSOLE"
if [ -s "$run/log.tar" ]; then
	mkdir -p "$tree/build/vm-log/$kernel" &&
		tar -C "$tree/build/vm-log/$kernel" --strip-components=2 \
			-xf "$run/log.tar"
fi
if [ -s "$run/status" ]; then
	read -r status <"$run/status"
	exit "$status"
fi
tail -n 20 "$run/console" "$run"/*.log >&2
[ $ended -eq 124 ] && die "kernel $kernel: not done within $seconds s"
die "kernel $kernel: the guest ended without the command's exit status"
