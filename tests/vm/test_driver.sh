#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_driver.sh: what becomes of a card while handfast is at it: queues and offloads
# change, it goes down, its driver goes and comes back, the daemon is killed.
#
# Topology: lib.sh, on cards.
set -u
# shellcheck source=tests/vm/card.sh
. "$(dirname "$0")/card.sh"

start() {
	start_handfast -i s0 -m always -o drain_s=0 -o drain_splice_s=0 "$@"
}

find_card() {
	driver=$(in_ns srv ethtool -i s0 | sed -n 's/^driver: //p')
	card=$(in_ns srv ethtool -i s0 | sed -n 's/^bus-info: //p')
	bus=pci
	[ "$driver" = virtio_net ] || return 0
	bus=virtio
	card=$(cd "/sys/bus/pci/devices/$card" && echo virtio*)
}

# --- queues and offloads ---

# feature BIT: did driver and device agree on it?
feature() {
	[ "$(cut -c $(($1 + 1)) "/sys/bus/virtio/devices/$card/features")" = 1 ]
}

# What the driver needs (virtnet_xdp_set): offloads of the guest that are on can be
# taken back only with VIRTIO_NET_F_CTRL_GUEST_OFFLOADS.
takes_xdp() {
	feature 2 && return
	for bit in 1 7 8 9 10; do	# checksums, TSO, UFO
		feature $bit && return 1
	done
	return 0
}

# xdp_sent: frames that XDP gave back, by each receive queue of the driver
xdp_sent() {
	in_ns srv ethtool -S s0 |
		sed -n 's/^ *rx\(_queue_\)\?[0-9]*_xdp_tx: //p'
}

sum() {
	awk '{ n += $1 } END { print n + 0 }'
}

# served NAME
served() {
	sent=$(xdp_sent | sum)
	connects "$1" 40 40
	[ "$want" = native ] || return 0
	assert_ge "$1: by the driver" $(($(xdp_sent | sum) - sent)) 40
	[ "$nr" -lt 2 ] || assert_ge "$1: queues that have sent by XDP" \
		"$(xdp_sent | grep -vcx 0)" "$nr"
}

queues() {
	in_ns srv ethtool -L s0 combined "$1" 2>&1
	echo "queues: $1: $(in_ns srv ethtool -l s0 | grep Combined | xargs)"
}

# with QUEUES: of the driver, before XDP is there; and changed afterwards, which a
# driver may refuse
with() {
	nr=$1
	queues "$nr"
	start
	what="queues: $nr of $HF_QUEUES"
	echo "$HF_NIC, $what: $(mode_of)"
	assert_eq "$what: XDP mode, and why" "$(mode_of)" "$want_mode"
	served "$what"
	queues $((nr % most + 1))
	served "$what, changed"
	check_identities
	end_daemon TERM
	gone "$what"
}

with_queues() {
	want=native want_mode=native
	takes_xdp || {
		want=generic
		want_mode="generic: the driver takes no native XDP program: \
Operation not supported"
	}
	feature 7	# VIRTIO_NET_F_GUEST_TSO4
	assert_eq "the guest's offloads are on" $? 0
	most=$HF_QUEUES
	[ "$most" -gt "$(nproc)" ] && most=$(nproc)
	for number in $(seq "$most"); do
		with "$number"
	done
}

# --- detaching ---

killed() {
	start
	end_daemon KILL
	connects "killed: goes on" 20 20
	hf detach --all --now
	assert_eq "killed: detach --all --now" $? 0
	gone "killed, detached"
}

# vmxnet3 runs no XDP program any more once it was down, though it shows one, also a
# bare one (Linux 6.12): in the stack there.
down_and_up() {
	if [ "$driver" = vmxnet3 ]; then
		start -x generic
	else
		start
	fi
	ip -n "hf-$$-srv" link set s0 down
	ip -n "hf-$$-srv" link set s0 up
	hf_neigh_use cli c0 "$SRV4"
	wait_for 10 hf_quiet status
	connects "down and up" 20 20
	check_identities
}

# driver unbind|bind: of the card
driver() {
	echo "$card" >"/sys/bus/$bus/drivers/$driver/$1"
}

card_is_back() {
	hf_card srv s0 52:54:00:00:00:01
}

back() {
	driver bind
	wait_for 10 card_is_back
	hf_addr srv s0 $SRV4 $SRV6
	hf_flood_route s0 $CLI4 $CLI6
	hf_neigh_use srv s0 $CLI4
	hf_neigh_use cli c0 $SRV4
}

# virtio_net with several queues never ends where any native XDP program is left
# there ("waiting for s0 to become free", Linux 6.12, also with a bare one).
unbound() {
	driver unbind
	wait_for 10 why_has "no interface is attached"
	assert_eq "the driver is gone: said so" $? 0
	back
	wait_for 15 hf_quiet status
	assert_eq "the driver is back: armed" $? 0
	connects "the driver is back" 20 20
	check_identities
	end_daemon KILL
	driver unbind
	hf detach --all --now
	assert_eq "killed, and the driver is gone: detach --all" $? 0
	back
	gone "killed, the driver is back"
}

net_up
find_card
serve web -p 80 -b 1024
[ -z "$HF_QUEUES" ] || with_queues
killed
down_and_up
[ "${HF_QUEUES:-1}" -gt 1 ] || unbound
summary
