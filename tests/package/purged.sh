# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# purged.sh: nothing is left of the package.

# all of the package, but for dpkg's and apt's own notes and logs
ours() {
	find / -xdev -name '*handfast*' ! -path '/srv/*' ! -path '/proc/*' |
		grep -v '^/var/log/'
}

ok "purge" apt-get purge -y handfast handfast-fleet
ok "nothing is left" is "$(ours)" ""
