#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_postgresql.sh: PostgreSQL behind both handoffs: a connection for each
# transaction, and a table of a GiB copied in and out.
#
# Topology: tests/net/lib.sh; what has to hold: lib.sh.
set -u
# shellcheck source=tests/servers/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # of lib.sh
PORTS=5432
for bin in /usr/lib/postgresql/*/bin; do
	[ -d "$bin" ] && PATH=$PATH:$bin
done

# as_postgres CMD...: the server does not run as root
as_postgres() {
	setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
}

sql() {
	made=$((made + 1))
	in_ns cli psql -qAtX -h "$addr" -U postgres -v ON_ERROR_STOP=1 \
		-c "$1" postgres
}

# Its log has the time at which each transaction ended; from one to the next is a
# connection, a transaction and a goodbye. The first has nothing before it.
load_transactions() {
	rm -f "$TMP"/transactions.*
	in_ns cli pgbench -n -C -c 1 -j 1 -t $(($1 + 1)) -f "$TMP/select.sql" \
		-l --log-prefix="$TMP/transactions" -h "$addr" -U postgres \
		postgres >"$TMP/said" 2>&1 || cat "$TMP/said" >&2
	awk '{ now = $5 * 1000000 + $6
		if (NR > 1) printf "%d\n", now - last
		last = now }' "$TMP"/transactions.*
}

content_copy() {
	sql "BEGIN; TRUNCATE lines; COPY lines FROM STDIN; COMMIT" \
		<"$TMP/lines" &&
	sql "COPY lines TO STDOUT" </dev/null | cmp - "$TMP/lines"
	same=$?
	made=$((made + 1))	# counted in a pipe, and so not here
	return $same
}

needs postgres initdb psql pgbench setpriv
servers_up
made=0
variant=plain
address 1
# lines that fit in a page, several at a time
base64 -w 1020 /dev/urandom | head -c $((MIB << 20)) >"$TMP/lines"
echo >>"$TMP/lines"
echo "SELECT 1;" >"$TMP/select.sql"
install -d -o postgres -g postgres -m 700 "$TMP/pg"
as_postgres initdb -D "$TMP/pg" -A trust --no-sync --locale=C -E UTF8 \
	>"$TMP/initdb.out" 2>&1 || give_up initdb
echo "host all all all trust" >>"$TMP/pg/pg_hba.conf"
bg_srv postgres setpriv --reuid=postgres --regid=postgres --clear-groups \
	postgres -D "$TMP/pg" -h "*" -k "" -c fsync=off -c full_page_writes=off \
	-c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off \
	-c synchronize_seqscans=off -c shared_buffers=256MB
up in_ns cli psql -h "$SRV4" -U postgres -c "SELECT 1" postgres
sql "CREATE UNLOGGED TABLE lines (line text)"
compare postgresql copy "transactions:$CONNECTIONS"
stop postgres
summary
