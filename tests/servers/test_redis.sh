#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_redis.sh: redis behind both handoffs: a connection for each command, and
# values that fill a GiB each way.
#
# Topology: tests/net/lib.sh; what has to hold: lib.sh.
set -u
# shellcheck source=tests/servers/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # of lib.sh
PORTS=6379
VALUES=$((MIB / 4))	# of 4 MiB each: the larger, the slower redis-cli

# values BEFORE AFTER: the content, between what printf makes of both
values() {
	for n in $(seq 100 $((99 + VALUES))); do
		# shellcheck disable=SC2059 # formats
		printf "$1" "$n"
		dd if="$BIG" bs=4M skip=$((n - 100)) count=1 status=none
		# shellcheck disable=SC2059
		printf "$2"
	done
}

# value_files: as redis is told to set them, and as redis-cli prints them
value_files() {
	# shellcheck disable=SC2016 # formats
	values '*3\r\n$3\r\nSET\r\n$3\r\n%d\r\n$4194304\r\n' '\r\n' \
		>"$TMP/set"
	values '%.0s' '\n' >"$TMP/got"
}

redis_cli() {
	in_ns cli redis-cli -h "$addr" "$@"
}

content_values() {
	redis_cli --pipe <"$TMP/set" >/dev/null &&
	seq -f 'get %.0f' 100 $((99 + VALUES)) | redis_cli |
		cmp - "$TMP/got" &&
	[ "$(redis_cli flushall)" = OK ] && made=$((made + 3))
}

load_line() {
	line_load 6379 "$1"
}

needs redis-server redis-cli
servers_up
content_file
value_files
cat >"$TMP/redis.conf" <<END
bind * -::*
protected-mode no
tcp-backlog 1024
dir $TMP
save ""
loglevel warning
END
bg_srv redis redis-server "$TMP/redis.conf"
up in_ns cli redis-cli -h "$SRV4" ping
compare redis values "line:$CONNECTIONS"
stop redis
summary
