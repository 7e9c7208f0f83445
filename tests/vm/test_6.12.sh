#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_6.12.sh: Debian 13's kernel, and the compiler of Debian 13: the
# programs, packet by packet, and real handshakes through both handoffs. `make
# lint-clang-19` has built them: make check and check-vm do that first.
set -u
here=$(dirname "$0")
exec "$here/run.sh" 6.12 tests/run.sh \
	"${B:-build}/lint-clang-19/tests/prog/test_ingress" \
	"$here/../net/test_selftest.sh" "$here/test_vlan.sh" \
	"$here/test_dispatcher.sh" "$here/test_listening.sh"
