#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_reloads.sh: nginx and haproxy read their configuration anew (SIGHUP, SIGUSR2)
# each half second, and nginx another binary (SIGUSR2, SIGQUIT), while 300 clients a
# second connect: nobody fails, behind the plain kernel and behind both handoffs.
#
# nginx answers the line of `load` with 400, which is an answer.
#
# Topology: tests/net/lib.sh; what has to hold: lib.sh.
set -u
# shellcheck source=tests/servers/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # of lib.sh
PORTS="80 81"
RATE=300

children() {
	cat "/proc/$1/task/$1/children"
}

# reload SIGNAL NAME: its master starts other workers; the old ones end when they
# have served whom they had
reload() {
	read -r master <"$TMP/$2.pid"
	newest=$(children "$master" | awk '{ print $NF }')
	kill -s "$1" "$master"
	wait_for 5 newer "$master" "$newest"
}

newer() {
	[ "$(children "$1" | awk '{ print $NF }')" != "$2" ]
}

# The new master is asked for by the old one's SIGUSR2.
another_binary() {
	read -r master <"$TMP/nginx.pid"
	kill -s USR2 "$master"
	wait_for 5 test -s "$TMP/nginx.pidfile.oldbin" || return
	wait_for 5 test -s "$TMP/nginx.pidfile" || return
	kill -s QUIT "$master"
	wait_for 10 is_gone "$master"
	cp "$TMP/nginx.pidfile" "$TMP/nginx.pid"
}

# during PORT WHAT COMMAND...: clients, while it is run again and again
during() {
	hf_what="$handoff $addr: $2"
	bg_cli load "$TOOLS/load" -d "$addr" -p "$1" -r $RATE -t 4 -k 8000
	shift 2
	hf_times=0
	until is_gone "$(cat "$TMP/load.pid")" || [ $hf_times -eq 8 ]; do
		"$@" || { assert_eq "$hf_what works" $? 0; break; }
		hf_times=$((hf_times + 1))
		sleep 0.4	# the pace, not a wait
	done
	join load
	assert_eq "$hf_what: nobody fails ($hf_times times)" $? 0
	assert_eq "$hf_what: all are served" "$(field ok load)" $((RATE * 4))
	assert_ge "$hf_what: times" "$hf_times" 4
	made=$((made + RATE * 4))
}

needs nginx haproxy
servers_up
content_file
nginx_conf 2 <<END
listen 80;
listen [::]:80 ipv6only=on;
END
cat >"$TMP/haproxy.cfg" <<END
global
	maxconn 4096
	stats socket $TMP/haproxy.sock mode 600 level admin expose-fd listeners
defaults
	mode tcp
	timeout connect 5s
	timeout client 30s
	timeout server 30s
frontend lines
	bind 0.0.0.0:81
	bind [::]:81 v6only
	default_backend lines
backend lines
	server lines 127.0.0.1:8081
END
# nginx begins another binary only if whoever started it has ended since
# shellcheck disable=SC2016 # expanded by the inner shell
bg_srv nginx sh -c 'pidfile=$1; shift; "$@" &
	until [ -s "$pidfile" ]; do sleep 0.1; done' sh "$TMP/nginx.pidfile" \
	"$(command -v nginx)" -e stderr -p "$TMP" -c "$TMP/nginx.conf"
join nginx
cp "$TMP/nginx.pidfile" "$TMP/nginx.pid"
serve lines -a 127.0.0.1 -p 8081 -l /dev/null
bg_srv haproxy "$(command -v haproxy)" -W -f "$TMP/haproxy.cfg"
up in_ns cli "$TOOLS/load" -d "$SRV4" -p 80 -r 1 -t 1
up in_ns cli "$TOOLS/load" -d "$SRV4" -p 81 -r 1 -t 1
for round in 1 2; do
	for handoff in none $HANDOFFS; do
		variant=plain
		[ "$handoff" = none ] || variant=handfast
		address "$round"
		[ "$handoff" = none ] || handfast_on
		during 80 "nginx reloads" reload HUP nginx
		during 80 "nginx becomes another" another_binary
		during 81 "haproxy reloads" reload USR2 haproxy
		[ "$handoff" = none ] || handfast_off "$handoff $addr"
	done
done
stop haproxy
stop lines
stop nginx
summary
