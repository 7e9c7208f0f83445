# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# installed.sh: the package and its next version, as apt installs them.

enabled() {
	systemctl is-enabled "$1" || true
}

apt-get update -q >/dev/null
ok "install" apt-get install -y --no-install-recommends /srv/handfast.deb
dpkg -L handfast | grep -v '/$' >/root/files
for file in /usr/sbin/handfast /usr/sbin/handfastd \
	/lib/systemd/system/handfast.service /lib/systemd/system/handfast@.service \
	/usr/share/bash-completion/completions/handfast \
	/usr/share/zsh/vendor-completions/_handfast \
	/usr/share/fish/vendor_completions.d/handfast.fish \
	/usr/share/doc/handfast/copyright /etc/handfast; do
	ok "$file" grep -qx "$file" /root/files
done
ok "the units are disabled" \
	is "$(enabled handfast) $(enabled handfast@x)" "disabled disabled"
ok "the units are understood" systemd-analyze verify --man=no \
	/lib/systemd/system/handfast.service handfast@x.service
ok "handfast version" handfast version
ok "handfast-fleet, a package of its own" is "$(command -v handfast-fleet)" ""
ok "... installed" apt-get install -y --no-install-recommends /srv/fleet.deb
ok "... its unit is disabled" is "$(enabled handfast-fleet)" disabled
ok "... and understood" systemd-analyze verify --man=no handfast-fleet.service
ok "handfastd -t" handfastd -t
printf '[handfast]\ninterfaces = eth0\n' >/etc/handfast/handfast.conf
ok "handfastd -t, with a file" handfastd -t -c /etc/handfast/handfast.conf
ok "upgrade" dpkg -i /srv/newer.deb
ok "upgraded" is "$(dpkg-query -W -f '${Version}' handfast | sed 's/.*+//')" newer
ok "the file stays" test -e /etc/handfast/handfast.conf
ok "the units are disabled after it" \
	is "$(enabled handfast) $(enabled handfast@x)" "disabled disabled"
ok "and back" dpkg -i /srv/handfast.deb
rm /etc/handfast/handfast.conf
