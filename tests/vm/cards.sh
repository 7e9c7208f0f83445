#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# cards.sh KERNEL[/QUEUES]:MODEL...: test_card.sh and test_driver.sh with each card,
# under its kernel; see run.sh. With the first one test_guest.sh besides.
set -u
here=$(dirname "$0")
tests="tests/vm/test_card.sh tests/vm/test_driver.sh tests/vm/test_guest.sh"
bad=0
for card; do
	kernel=${card%%:*} queues=''
	case $kernel in
	*/*) queues=${kernel#*/} kernel=${kernel%/*} ;;
	esac
	emulator=${VM_QEMU:-}
	case ${card#*:} in
	igb* | e1000e*) emulator=$("$here/qemu.sh") || exit 1 ;;
	esac
	echo "Linux $kernel, ${card#*:}${queues:+, queues: $queues}:"
	# shellcheck disable=SC2086 # several words
	VM_QEMU=$emulator VM_QUEUES=$queues VM_NIC=${card#*:} "$here/run.sh" \
		"$kernel" env JOBS=1 tests/run.sh $tests || bad=1
	tests="tests/vm/test_card.sh tests/vm/test_driver.sh"
done
exit $bad
