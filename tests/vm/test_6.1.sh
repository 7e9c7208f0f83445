#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_6.1.sh: Debian 12's kernel, without the kfunc: the programs, packet by
# packet, and real handshakes through the splice handoff.
set -u
here=$(dirname "$0")
exec "$here/run.sh" 6.1 tests/run.sh "${B:-build}/tests/prog/test_ingress" \
	"$here/../net/test_selftest.sh" "$here/test_vlan.sh" \
	"$here/test_dispatcher.sh" "$here/test_listening.sh"
