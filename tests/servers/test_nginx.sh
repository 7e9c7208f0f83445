#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_nginx.sh: nginx behind both handoffs: TLS and HTTP/2, on plain listeners
# and on `deferred` ones with `reuseport`; a GiB down, a GiB up by PUT.
#
# Topology: tests/net/lib.sh; what has to hold: lib.sh.
set -u
# shellcheck source=tests/servers/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # of lib.sh
PORTS="443 8443"

# curl_to ARG...: names of *.hf.test are the server, whatever their port
curl_to() {
	in_ns cli curl -sS --cacert "$TMP/cert.pem" --connect-to \
		"::$host:" "$@"
}

# https PORT N: each page from a host of another name: a connection of its own,
# and no session of TLS that was there before
https() {
	seq -f "https://h%.0f.hf.test:$1/small" "$2" |
		pages --http2 --cacert "$TMP/cert.pem" --connect-to \
			"::$host:"
}

load_h2() {
	https 8443 "$1"
}

load_deferred() {
	https 443 "$1"
}

content_dav() {
	curl_to https://down.hf.test/big | cmp - "$BIG" &&
	curl_to -T "$BIG" https://up.hf.test/put/big &&
	cmp "$TMP/www/put/big" "$BIG"
	same=$?
	made=$((made + 2))
	rm -f "$TMP/www/put/big"
	return $same
}

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj /CN=hf.test -addext subjectAltName=DNS:*.hf.test \
		-keyout "$TMP/key.pem" -out "$TMP/cert.pem" 2>/dev/null
}

needs nginx curl openssl
servers_up
content_file
certificate || give_up "openssl"
nginx_conf 2 <<END
listen 443 ssl http2 deferred reuseport;
listen [::]:443 ssl http2 deferred reuseport ipv6only=on;
listen 8443 ssl http2;
listen [::]:8443 ssl http2 ipv6only=on;
ssl_certificate $TMP/cert.pem;
ssl_certificate_key $TMP/key.pem;
END
bg_srv nginx nginx -e stderr -p "$TMP" -c "$TMP/nginx.conf"
variant=plain
address 1
up curl_to https://any.hf.test:8443/small
compare nginx dav "h2:$CONNECTIONS" "deferred:$CONNECTIONS"
stop nginx
summary
