#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_openssh.sh: sshd behind both handoffs: it speaks first. Connections that
# read its banner, for a login costs much more; some logins; a GiB each way.
#
# Topology: tests/net/lib.sh; what has to hold: lib.sh.
set -u
# shellcheck source=tests/servers/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # of lib.sh
PORTS=22
SSHD=/usr/sbin/sshd	# it starts itself anew, and wants its path

load_banner() {
	line_load 22 "$1"
}

load_login() {
	timed "$1" ssh -F "$TMP/ssh_config" "$addr" true
}

content_cat() {
	made=$((made + 2))
	in_ns cli ssh -F "$TMP/ssh_config" "$addr" "cat $BIG" </dev/null |
		cmp - "$BIG" &&
	in_ns cli ssh -F "$TMP/ssh_config" "$addr" "cmp - $BIG" <"$BIG"
}

# Newer ones punish addresses whose clients do not log in.
forgiving() {
	"$SSHD" -T -f "$TMP/sshd_config" -o PerSourcePenalties=no >/dev/null 2>&1 &&
		echo PerSourcePenalties no >>"$TMP/sshd_config"
}

needs "$SSHD" ssh ssh-keygen
servers_up
content_file
ssh-keygen -q -t ed25519 -N '' -f "$TMP/host"
ssh-keygen -q -t ed25519 -N '' -f "$TMP/user"
cat >"$TMP/sshd_config" <<END
ListenAddress 0.0.0.0:22
ListenAddress [::]:22
HostKey $TMP/host
PidFile none
AuthorizedKeysFile $TMP/user.pub
StrictModes no
UsePAM no
PermitRootLogin yes
MaxStartups 1000
LogLevel ERROR
END
forgiving
cat >"$TMP/ssh_config" <<END
Host *
	User root
	IdentityFile $TMP/user
	IdentitiesOnly yes
	BatchMode yes
	Ciphers aes128-gcm@openssh.com
	StrictHostKeyChecking no
	UserKnownHostsFile /dev/null
	LogLevel ERROR
END
# its unit makes /run/sshd, too
# shellcheck disable=SC2016 # expanded by the inner shell
bg_srv sshd unshare -m sh -c 'mount -t tmpfs tmpfs /run &&
	mkdir -m 755 /run/sshd && exec "$@"' sh "$SSHD" -D -e \
	-f "$TMP/sshd_config"
up in_ns cli ssh -F "$TMP/ssh_config" "$SRV4" true
compare openssh cat "banner:$((CONNECTIONS / 2))" login:40
stop sshd
summary
