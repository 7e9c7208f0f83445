#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# guest.sh: process 1 of the guest after init: mounts, modules, the command.
# Ports: vport*p1 is the command's output, p2 its exit status, p3 build/log.
#
# /tmp is the host's, changed in memory only: a tree below it is seen, too.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tracefs tracefs /sys/kernel/tracing
mkdir -p /dev/pts /dev/shm /run/netns /run/lock
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
# what the kernel does not load by itself, or late for a test's clock
modprobe -a veth sch_ingress cls_bpf tcp_diag tun nf_tables nft_ct nft_nat \
	8021q bridge
# cards of VM_NIC; not all kernels have all of them
modprobe -a virtio_net vmxnet3 e1000 e1000e igb 8139cp e100 2>/dev/null
ip link set lo up

for port in /dev/vport*p1; do
	port=${port%1}
done
read -r tree </run/vm/tree
rm -rf "$tree/build/log"	# only the guest's own come back
mkfifo /run/vm/out
cat /run/vm/out >"${port}1" &
cat=$!
sh /run/vm/command </dev/null >/run/vm/out 2>&1
status=$?
# what it left behind may hold the output open
for pid in /proc/[0-9]*; do
	pid=${pid#/proc/}
	[ "$pid" -eq $$ ] || [ "$pid" -eq $cat ] || kill -KILL "$pid"
done 2>/dev/null
wait $cat
[ -d "$tree/build/log" ] && tar -C "$tree" -cf "${port}3" build/log
echo $status >"${port}2"
exec busybox poweroff -f
