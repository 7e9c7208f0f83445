#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# newcomer.sh [SUITE [TARGET...]]: what README.md tells a newcomer to do, in a
# minimal Debian (bookworm) of its own: install make and git, clone, `make demo`
# and `make check`, or the targets named. See debian.sh; not part of `make check`.
set -u
tree=$(cd "$(dirname "$0")/.." && pwd)
suite=${1:-bookworm}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- demo check

die() {
	echo "newcomer: $*" >&2
	exit 1
}

# shellcheck source=tests/debian.sh
. "$tree/tests/debian.sh"
debian_make "$suite"
git clone -q --bare "$tree" "$root/srv/handfast.git" || exit 1

# the README's own line, with the clone's place for URL
install=$(sed -n 's/^    \(apt-get install .*\)$/\1/p' "$tree/README.md" |
	sed 's,URL,/srv/handfast.git,')
[ -n "$install" ] || die "README.md: no line that installs"

debian_run <<END
apt-get update -q >/dev/null
$install
for target in $*; do
	make \$target
done
END
