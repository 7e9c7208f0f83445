#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# wire.sh QUEUES COMMAND...: run it where there are two taps on a bridge, t1 with so
# many queues, t2 with one: in a network namespace that is gone with the command.
set -u
queues=$1
shift
# tap NAME [multi_queue]
tap() {
	ip tuntap add "$@" mode tap && ip link set "$1" master b0 up
}

ip link add b0 type bridge mcast_snooping 0 && ip link set b0 up || exit 1
if [ "$queues" -gt 1 ]; then
	tap t1 multi_queue
else
	tap t1
fi || exit 1
tap t2 && exec "$@"
