# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# booted.sh: the units, as systemd runs them, with all that they forbid.

pid() {
	systemctl show -p MainPID --value handfast
}

# restarted PID: it is another one, and answers
restarted() {
	until another_pid "$1" && handfast status >/dev/null 2>&1; do
		[ "$(systemctl is-failed handfast)" != failed ] || return 1
		sleep 0.1
	done
}

get() {
	is "$(ip netns exec client busybox wget -q -O - http://10.9.9.1/)" hello
}

# counted NAME: how often
counted() {
	handfast counters -a | awk -v name="$1" '$1 == name { print $2 }'
}

# in_journal TEXT MATCH...: a line of these fields, in JSON, has TEXT
in_journal() {
	text=$1
	shift
	journalctl -q -u handfast -o json "$@" | grep -qF "$text"
}

# Clients until the journal has a line of a flood's begin; then it ends.
flood() {
	ip netns exec client timeout 60 sh -c 'while :; do
		busybox wget -q -O /dev/null http://10.9.9.1/ || :; done' &
	clients=$!
	until in_journal flood HANDFAST_EVENT=flood-begins; do
		kill -0 $clients || return 1
		sleep 0.1
	done
	kill $clients
	for _ in $(seq 200); do
		! in_journal flood HANDFAST_EVENT=flood-over || return 0
		sleep 0.1
	done
	return 1
}

# another_pid PID: not that one any more
another_pid() {
	[ "$(pid)" != "$1" ]
}

fails() {
	! "$@"
}

ip netns add client
ip link add s0 type veth peer name c0 netns client
ip addr add 10.9.9.1/24 dev s0
ip link set s0 up
ip -n client addr add 10.9.9.2/24 dev c0
ip -n client link set c0 up
mkdir /tmp/www && echo hello >/tmp/www/index.html
busybox httpd -p 80 -h /tmp/www

# the first flood of somebody who has read handfast(8), A PLACE TO TRY IT
ok "a lab" handfast lab up
ok "... attached" handfast -n lab attach s0 -N hflab-srv
ok "... by both interfaces" handfast -n lab attach s1 -N hflab-srv
ok "... flooded" handfast lab flood 20000 -t 3
ok "... which was absorbed" \
	test "$(handfast -n lab counters -a | awk '$1 == "syn_answered" { print $2 }')" -gt 1000
ok "... and taken away" handfast lab down

ok "without a file nothing starts" systemctl start handfast
ok "... and it is inactive" is "$(systemctl is-active handfast || true)" inactive
printf '[handfast]\ninterfaces = s0\nmode = always\nlearn_s = 0\n' \
	>/etc/handfast/handfast.conf
ok "start" systemctl start handfast
ok "armed" handfast status
ok "a client connects" get
ok "... by a cookie" is "$(counted ack_accepted)" 1
ok "the capabilities that are left" \
	is "$(sed -n 's/^CapEff:\t//p' "/proc/$(pid)/status")" 000000c000001000
ok "reload" systemctl reload handfast
echo 'no_such_key = 1' >>/etc/handfast/handfast.conf
ok "reload of a file with a mistake fails" fails systemctl reload handfast
sed -i '$d' /etc/handfast/handfast.conf
before=$(pid)
ok "restart" systemctl restart handfast
ok "... it is another one" another_pid "$before"
ok "... and has taken over what was counted" is "$(counted ack_accepted)" 1
ok "a client connects after it" get
before=$(pid)
kill -KILL "$before"
ok "killed: the next one comes" restarted "$before"
ok "... and has taken over" is "$(counted ack_accepted)" 2
before=$(pid)
ok "upgrade" dpkg -i /srv/newer.deb
ok "... it is another one" another_pid "$before"
ok "... and has taken over" is "$(counted ack_accepted)" 2
printf 'flood_syn_rate = 20\nflood_hold_s = 1\n' >>/etc/handfast/handfast.conf
systemctl reload handfast
ok "a flood begins and is over, in the journal" flood
ok "... its service" in_journal '"HANDFAST_SERVICE":"*:80"' \
	MESSAGE_ID=af11cc4f2b4449daaeee7378fb105fd8 HANDFAST_INSTANCE=default
ok "each line is the daemon's own" fails in_journal handfastd: \
	_TRANSPORT=stdout SYSLOG_IDENTIFIER=handfastd
sed -i '/^flood_/d' /etc/handfast/handfast.conf
echo 'control_group = adm' >>/etc/handfast/handfast.conf
mkdir /etc/systemd/system/handfast.service.d
printf '[Service]\nSupplementaryGroups=adm\n' \
	>/etc/systemd/system/handfast.service.d/group.conf
systemctl daemon-reload
ok "restart with a control_group" systemctl restart handfast
ok "... whose socket it is" is "$(stat -c %G /run/handfast/default.sock)" adm
printf '[handfast]\ninterfaces = missing0\n' >/etc/handfast/other.conf
ok "another instance, whose interface is missing" systemctl start handfast@other
ok "... waits for it" is "$(systemctl is-active handfast@other)" active
ok "stop" systemctl stop handfast handfast@other
ok "nothing is left of them" is "$(find /sys/fs/bpf/handfast /run/handfast/* \
	2>/dev/null)" ""
ok "a client connects without it" get
ok "without a file no fleet starts" systemctl start handfast-fleet
ok "... and it is inactive" is "$(systemctl is-active handfast-fleet || true)" inactive
echo 'FLEET_OPTIONS="-n web http://127.0.0.1:1"' >/etc/handfast/fleet
mkdir -p /var/lib/handfast
(umask 077 && echo "key 1 $(printf %032d 1) $(printf %032d 2)" \
	>/var/lib/handfast/web.keys)
ok "etcd away, keys from last time: a fleet starts" systemctl start handfast-fleet
ok "... and ends" systemctl stop handfast-fleet
rm /etc/handfast/fleet
for unit in handfast.service handfast@other.service handfast-fleet.service; do
	ok "$unit: exposure below 3" \
		systemd-analyze security --threshold=29 "$unit"
done
ok "start again" systemctl start handfast handfast@other
ok "removed while it runs" dpkg --remove handfast
ok "nothing is left of it" is "$(find /sys/fs/bpf/handfast /run/handfast/* \
	2>/dev/null)" ""
rm -r /etc/handfast/*.conf /etc/systemd/system/handfast.service.d
