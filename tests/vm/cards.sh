#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# cards.sh KERNEL:MODEL...: test_card.sh with each card, under its kernel.
set -u
here=$(dirname "$0")
bad=0
for card; do
	echo "Linux ${card%%:*}, ${card#*:}:"
	VM_NIC=${card#*:} "$here/run.sh" "${card%%:*}" tests/run.sh \
		tests/vm/test_card.sh || bad=1
done
exit $bad
