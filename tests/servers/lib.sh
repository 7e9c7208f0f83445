# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# lib.sh: real servers behind handfast and behind the plain kernel, by turns.
# Topology, wrappers, handfast: tests/net/lib.sh; rounds: tests/bench/lib.sh.
#
# A test starts its server in srv, and calls
#
#   compare SERVER CONTENT LOAD:N...
#
# which, with and without the client's timestamps, takes ROUNDS rounds; in each
# the variants (the plain kernel, twice, each handoff) take turns at N / ROUNDS
# connections of every LOAD, in even rounds by IPv6. `load_LOAD N` makes them, to
# $addr ($host in URLs), and says "ok=N failed=N p50_us=N p99_us=N" in
# $TMP/load.out. In the last round `content_CONTENT` carries MIB MiB each way and
# returns 1 if a byte differs; `none` has no content.
#
# No time is a verdict. What has to hold: nobody fails, no byte differs, each
# handshake was handfast's by the handoff that was asked for, and afterwards no
# connection is in any state, and no record is left.
#
# Rows for table.sh go to ROWS_DIR/TEST.rows, tab-separated: server and load,
# timestamps, variant, connections, failed, bytes, p50, p99, SYNs that the client
# repeated. Of the plain kernel p50 and p99 are times, of handfast ratios to those.

# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/../bench/lib.sh"

ROUNDS=5			# odd, or the median is none
MIB=${MIB:-1024}		# of content each way
CONNECTIONS=${CONNECTIONS:-2000}	# of most loads, in each variant
MSL_S=0.5			# or each variant would wait a minute for TIME_WAIT
# a port is used again, and the kernel has a socket of it in TIME_WAIT
LEFT="syn_pass_live_flow syn_pass_time_wait"
ROWS_DIR=${B:-$HF_ROOT/build}/servers

# The plain kernel twice: what it differs from itself by is the machine's.
VARIANTS="plain again reqsk splice"
[ "$HF_HANDOFF" = reqsk ] || VARIANTS="plain again splice"

# needs CMD...: or the test is left
needs() {
	for hf_cmd; do
		command -v "$hf_cmd" >/dev/null ||
			skip 77 "$(basename "$0" .sh)" "no $hf_cmd"
	done
}

# servers_up: the namespaces; other users may read below $TMP
servers_up() {
	net_up
	chmod 711 "$TMP"
	mkdir -p "$ROWS_DIR"
	ROWS=$ROWS_DIR/$(basename "$0" .sh).rows
	: >"$ROWS"
}

# content_file: $BIG, and a small page beside it
content_file() {
	mkdir "$TMP/www" && chmod 755 "$TMP/www"
	head -c $((MIB << 20)) /dev/urandom >"$TMP/www/big"
	echo "a small page" >"$TMP/www/small"
	# shellcheck disable=SC2034 # for the tests
	BIG=$TMP/www/big
}

# nginx_conf WORKERS: a configuration with the server on standard input; the
# content may be put below /put
nginx_conf() {
	mkdir "$TMP/www/put"
	cat >"$TMP/nginx.conf" <<-END
	user root;
	daemon off;
	worker_processes $1;
	pid $TMP/nginx.pidfile;
	error_log stderr;
	events {
		worker_connections 4096;
	}
	http {
		access_log off;
		client_body_temp_path $TMP/www/body;
		client_max_body_size 0;
		server {
			$(cat)
			root $TMP/www;
			location /put/ {
				dav_methods PUT;
			}
		}
	}
	END
}

# up COMMAND...: wait until the server answers it
up() {
	wait_for 10 "$@" || give_up "no answer: $*"
}

# --- loads ----------------------------------------------------------------

# figures N: of N connections; on standard input the microseconds of those that
# were served
figures() {
	sort -n | awk -v n="$1" '{ us[NR] = $1 } END {
		printf "ok=%d failed=%d p50_us=%d p99_us=%d\n", NR, n - NR,
			us[int((NR + 1) / 2)], us[int(NR * 0.99 + 0.99)] }'
}

# timed N COMMAND...: one after the other, in cli; microseconds of those that
# succeed
timed() {
	hf_left=$1
	shift
	while [ "$hf_left" -gt 0 ]; do
		hf_start=$(date +%s%N)
		if in_ns cli "$@" >"$TMP/said" 2>&1 </dev/null; then
			echo $((($(date +%s%N) - hf_start) / 1000))
		else
			cat "$TMP/said" >&2
		fi
		hf_left=$((hf_left - 1))
	done
}

# line_load PORT N: connections that send a line and read one
line_load() {
	in_ns cli "$TOOLS/load" -d "$addr" -p "$1" -r 1e9 -t "${2}e-9" -c 8
}

# pages N CURL-ARG...: URLs on standard input, each by a connection of its own
pages() {
	hf_pages=$1
	shift
	sed 's/^/url = /' | in_ns cli curl -sS -m 20 -K - -w \
		'%{http_code} %{num_connects} %{time_total}\n' "$@" >"$TMP/said"
	grep -vx -e "a small page" -e "200 1 .*" "$TMP/said" >&2
	awk '$0 == "a small page" { page = 1; next }
		page && /^200 1 / { printf "%d\n", $3 * 1000000 }
		{ page = 0 }' "$TMP/said" | figures "$hf_pages"
}

# sum NAME: of the rounds' figures
sum() {
	awk '{ s += $1 } END { print s + 0 }' "$TMP/$1.figures"
}

# run_load LOAD N
run_load() {
	hf_key=$1-$timestamps-$variant
	hf_again=$(nstat_cli TcpExtTCPSynRetrans)
	echo "+ $variant timestamps=$timestamps $addr $1 $2" >&2
	"load_$1" "$2" >"$TMP/load.out"
	echo "$hf_key $addr: $(cat "$TMP/load.out")"
	for hf_figure in ok failed p50_us p99_us; do
		note "$hf_key-$hf_figure" "$(field $hf_figure load)"
	done
	note "$hf_key-again" $(($(nstat_cli TcpExtTCPSynRetrans) - hf_again))
	made=$((made + $(field ok load)))
}

# --- variants -------------------------------------------------------------

is_plain() {
	[ "$variant" = plain ] || [ "$variant" = again ]
}

now_plain() {
	made=0
	is_plain && return
	start_handfast -i s0 -m always -o "handoff=$variant" -o drain_s=0 \
		-o drain_splice_s=0 -o "msl_s=$MSL_S"
	for hf_port in $PORTS; do
		wait_for 5 listening "$hf_port"
	done
}

# no_state: but that of the listeners
no_state() {
	hf_quiet states --json | jq -e '[(.states, .server_states) |
		to_entries[] | select(.key != "LISTEN") | .value.now] |
		add == 0' >/dev/null
}

no_record() {
	[ "$(hf_quiet flows --json | jq .total)" -eq 0 ]
}

# handled: SYNs answered, and those left to the kernel for a good reason
handled() {
	hf_quiet counters --json | jq --arg left "$LEFT" '.counters |
		.syn_answered + ([.[$left | split(" ")[]]] | add)'
}

# explain: for the log
explain() {
	hf_quiet flows --json | jq -c '.flows[]'
	hf_quiet counters --json | jq -c '.counters | with_entries(
		select(.value > 0))'
}

# by_handoff: what was answered and proved came by the handoff asked for
by_handoff() {
	hf_by=admit_assigned hf_not=splice_opened
	[ "$variant" = splice ] && hf_by=splice_opened hf_not=admit_assigned
	assert_ge "$1: handshakes are handfast's" "$(handled)" "$made"
	assert_eq "$1: all by $variant" "$(hf_quiet counters --json |
		jq ".counters | \"\(.$hf_by - .ack_accepted) \(.$hf_not)\"")" \
		'"0 0"'
}

variant_end() {
	is_plain && return
	hf_failed=$FAILED
	wait_for 30 no_state
	assert_eq "$1: all states are 0" $? 0
	wait_for 10 no_record
	assert_eq "$1: no record is left" $? 0
	by_handoff "$1"
	check_identities
	[ "$FAILED" -eq "$hf_failed" ] || explain
	hf detach --all
	stop handfastd
}

# --- rounds ---------------------------------------------------------------

# carry CONTENT: both ways, all bytes the same
carry() {
	"content_$1"
	assert_eq "$server timestamps=$timestamps $variant: $MIB MiB each way" \
		$? 0 && carried="$MIB MiB" || carried=DIFFERS
	echo "$carried" >"$TMP/carried-$timestamps-$variant"
}

# one_turn ROUND CONTENT LOAD:N...
one_turn() {
	hf_round=$1 hf_content=$2
	shift 2
	now_plain
	for hf_load; do
		run_load "${hf_load%:*}" $((${hf_load#*:} / ROUNDS))
	done
	[ "$hf_round" -eq "$ROUNDS" ] && [ "$hf_content" != none ] &&
		carry "$hf_content"
	variant_end "$server timestamps=$timestamps $variant $hf_round"
}

# slow FIGURE LOAD: a time, or its ratio to the plain kernel's
slow() {
	if [ "$variant" = plain ]; then
		median "$2-$timestamps-plain-$1" |
			awk '{ printf "%.2f ms\n", $1 / 1000 }'
	else
		median_ratio "$2-$timestamps-$variant-$1" \
			"$2-$timestamps-plain-$1" | cut -d' ' -f1
	fi
}

# row LOAD N: what came out for the variant
row() {
	hf_key=$1-$timestamps-$variant
	hf_carried=$(cat "$TMP/carried-$timestamps-$variant" 2>/dev/null)
	assert_eq "$server $1 timestamps=$timestamps $variant: nobody fails" \
		"$(sum "$hf_key-failed")" 0
	assert_eq "$server $1 timestamps=$timestamps $variant: connections" \
		"$(sum "$hf_key-ok")" "$2"
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$server, $1" \
		"$timestamps" "$variant" "$(sum "$hf_key-ok")" \
		"$(sum "$hf_key-failed")" "${hf_carried:--}" \
		"$(slow p50_us "$1")" "$(slow p99_us "$1")" \
		"$(sum "$hf_key-again")" >>"$ROWS"
}

# address ROUND: $addr, and $host in URLs
address() {
	addr=$SRV4 host=$SRV4
	# shellcheck disable=SC2034 # for the tests
	[ $(($1 % 2)) -eq 0 ] && addr=$SRV6 host="[$SRV6]"
}

# compare SERVER CONTENT LOAD:N...
compare() {
	server=$1 content=$2
	shift 2
	for timestamps in 1 0; do
		sysctl_in cli net.ipv4.tcp_timestamps "$timestamps"
		for round in $(seq "$ROUNDS"); do
			address "$round"
			# shellcheck disable=SC2086 # words
			for variant in $(turn "$round" $VARIANTS); do
				one_turn "$round" "$content" "$@"
			done
		done
		for load; do
			for variant in $VARIANTS; do
				row "${load%:*}" "${load#*:}"
			done
		done
	done
}
