#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_6.12-arm64.sh: Debian's kernel for arm64, and what was built for it here:
# the programs, packet by packet, and real handshakes through both handoffs.
set -u
here=$(dirname "$0")
exec "$here/run.sh" 6.12-arm64 tests/run.sh \
	build/aarch64-linux-gnu/tests/prog/test_ingress \
	"$here/../net/test_selftest.sh"
