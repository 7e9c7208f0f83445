#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_haproxy.sh: haproxy behind both handoffs, in front of nginx and of a server
# of lines: HTTP, and TCP as it is; a GiB down, a GiB up by PUT. Its listeners
# have `defer-accept`.
#
# Topology: tests/net/lib.sh; what has to hold: lib.sh.
set -u
# shellcheck source=tests/servers/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # of lib.sh
PORTS="80 81"

load_http() {
	yes "http://$host/small" | head -n "$1" |
		pages -H "Connection: close"
}

load_tcp() {
	line_load 81 "$1"
}

content_dav() {
	in_ns cli curl -sS "http://$host/big" | cmp - "$BIG" &&
	in_ns cli curl -sS -T "$BIG" "http://$host/put/big" &&
	cmp "$TMP/www/put/big" "$BIG"
	same=$?
	made=$((made + 2))
	rm -f "$TMP/www/put/big"
	return $same
}

needs haproxy nginx curl
servers_up
content_file
nginx_conf 1 <<END
listen 127.0.0.1:8080;
END
cat >"$TMP/haproxy.cfg" <<END
global
	maxconn 4096
	nbthread 2
defaults
	timeout connect 5s
	timeout client 30s
	timeout server 30s
frontend web
	mode http
	bind 0.0.0.0:80 defer-accept
	bind [::]:80 v6only defer-accept
	default_backend nginx
backend nginx
	mode http
	server nginx 127.0.0.1:8080
frontend lines
	mode tcp
	bind 0.0.0.0:81 defer-accept
	bind [::]:81 v6only defer-accept
	default_backend lines
backend lines
	mode tcp
	server lines 127.0.0.1:8081
END
bg_srv nginx nginx -e stderr -p "$TMP" -c "$TMP/nginx.conf"
serve lines -a 127.0.0.1 -p 8081 -l /dev/null
bg_srv haproxy haproxy -db -f "$TMP/haproxy.cfg"
up in_ns cli curl -sS "http://$SRV4/small"
compare haproxy dav "http:$CONNECTIONS" "tcp:$CONNECTIONS"
stop haproxy
stop lines
stop nginx
summary
