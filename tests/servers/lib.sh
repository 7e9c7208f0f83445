# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# lib.sh: real servers behind handfast and behind the plain kernel, by turns.
# Topology, wrappers, handfast: tests/net/lib.sh; links: tests/bench/lib.sh.
#
# A test starts its server in srv, on all addresses, and calls
#
#   compare SERVER CONTENT LOAD:N...
#
# which, with and without the client's timestamps and by each handoff, makes N
# connections of every LOAD by handfast, by the plain kernel and by that once more, each
# on a link of its own. They take turns at N / SLICES of them, in even turns by IPv6: a
# moment in which the machine is slow meets all three. `load_LOAD N` makes N to $addr
# ($host in URLs), and says in how many microseconds, a line each that was served ($each
# where a line stands for several). At the end `content_CONTENT` carries MIB MiB each
# way by handfast, and returns 1 if a byte differs; `none` has no content.
#
# No time is a verdict. What has to hold: nobody fails, no byte differs, each
# handshake was handfast's by the handoff that was asked for, and afterwards no
# connection is in any state, and no record is left.
#
# Rows for table.sh go to ROWS_DIR/TEST.rows, tab-separated: server and load,
# timestamps, who shook hands, connections, failed, bytes, p50, p99, SYNs that the
# client repeated. Percentiles are those of all turns together; of the plain kernel they
# are times, of the others ratios to those of the plain kernel beside them.

# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/../bench/lib.sh"

SLICES=20
MIB=${MIB:-1024}		# of content each way
CONNECTIONS=${CONNECTIONS:-5000}	# of most loads
MSL_S=0.5			# or each handoff would wait a minute for TIME_WAIT
# a port is used again, and the kernel has a socket of it in TIME_WAIT
LEFT="syn_pass_live_flow syn_pass_time_wait"
ROWS_DIR=${B:-$HF_ROOT/build}/servers

HANDOFFS="reqsk splice"
[ "$HF_HANDOFF" = reqsk ] || HANDOFFS=splice
# The plain kernel twice: what it differs from itself by is the machine's.
VARIANTS="handfast plain again"

# needs CMD...: or the test is left
needs() {
	for hf_cmd; do
		command -v "$hf_cmd" >/dev/null ||
			skip 77 "$(basename "$0" .sh)" "no $hf_cmd"
	done
}

# servers_up: the namespaces and links; other users may read below $TMP. Ports enough,
# or the client looks for one for milliseconds
servers_up() {
	net_up
	links_up
	sysctl_in cli net.ipv4.ip_local_port_range "1024 65535"
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
	in_ns cli "$TOOLS/load" -d "$addr" -p "$1" -r 1e9 -t "${2}e-9" -c 8 -l
}

# pages CURL-ARG...: URLs on standard input, each by a connection of its own
pages() {
	sed 's/^/url = /' | in_ns cli curl -sS -m 20 -K - -w \
		'%{http_code} %{num_connects} %{time_total}\n' "$@" >"$TMP/said"
	grep -vx -e "a small page" -e "200 1 .*" "$TMP/said" >&2
	awk '$0 == "a small page" { page = 1; next }
		page && /^200 1 / { printf "%d\n", $3 * 1000000 }
		{ page = 0 }' "$TMP/said"
}

# run_load LOAD N: another slice
run_load() {
	hf_key=$TMP/$1-$timestamps-$handoff-$variant
	hf_again=$(nstat_cli TcpExtTCPSynRetrans)
	echo "+ $handoff $variant timestamps=$timestamps $addr $1 $2" >&2
	each=1
	"load_$1" "$2" >"$TMP/us"
	hf_served=$(($(wc -l <"$TMP/us") * each))
	cat "$TMP/us" >>"$hf_key.us"
	echo "$hf_served $(($2 - hf_served)) $(($(nstat_cli \
		TcpExtTCPSynRetrans) - hf_again))" >>"$hf_key.sums"
	[ "$variant" != handfast ] || made=$((made + hf_served))
}

# --- handfast -------------------------------------------------------------

handfast_on() {
	made=0
	start_handfast -i s0 -m always -o "handoff=$handoff" -o drain_s=0 \
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
	[ "$handoff" = splice ] && hf_by=splice_opened hf_not=admit_assigned
	assert_ge "$1: handshakes are handfast's" "$(handled)" "$made"
	assert_eq "$1: all by $handoff" "$(hf_quiet counters --json |
		jq ".counters | \"\(.$hf_by - .ack_accepted) \(.$hf_not)\"")" \
		'"0 0"'
}

handfast_off() {
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

# --- turns ----------------------------------------------------------------

# address TURN: $addr, and $host in URLs, on the variant's link
address() {
	hf_link=$(link_of "$variant")
	addr=$(link_server "$variant") host=$addr
	[ $(($1 % 2)) -eq 0 ] || return
	addr=$SRV6
	[ "$hf_link" -eq 0 ] || addr=fd78:$hf_link::2
	# shellcheck disable=SC2034 # for the tests
	host="[$addr]"
}

# take_turns LOAD:N...
take_turns() {
	for slice in $(seq $SLICES); do
		# shellcheck disable=SC2086 # words
		for variant in $(turn "$slice" $VARIANTS); do
			address "$slice"
			for load; do
				run_load "${load%:*}" $((${load#*:} / SLICES))
			done
		done
	done
}

# carry CONTENT: both ways, all bytes the same
carry() {
	variant=handfast
	address 1
	"content_$1"
	assert_eq "$server timestamps=$timestamps $handoff: $MIB MiB each way" \
		$? 0 && carried="$MIB MiB" || carried=DIFFERS
	echo "$carried" >"$TMP/carried-$timestamps-$handoff"
}

# percentile P FILE...: of their numbers
percentile() {
	hf_p=$1
	shift
	sort -n "$@" | awk -v p="$hf_p" '{ v[NR] = $1 }
		END { print v[int(NR * p / 100 + 0.99)] + 0 }'
}

# ratios FILE1... -- FILE2...: p50 and p99 of the ones to those of the others, two
# fields of a row
ratios() {
	hf_ones=
	while [ "$1" != -- ]; do
		hf_ones="$hf_ones $1"
		shift
	done
	shift
	for hf_p in 50 99; do
		# shellcheck disable=SC2086 # words
		echo "$(percentile $hf_p $hf_ones) $(percentile $hf_p "$@")"
	done | awk '{ printf "%s%.2f", NR == 2 ? "\t" : "",
		$2 ? $1 / $2 : 0 }'
}

took() {
	for hf_p in 50 99; do
		percentile $hf_p "$@"
	done | awk '{ printf "%s%.2f ms", NR == 2 ? "\t" : "", $1 / 1000 }'
}

# row WHO LOAD N TIMES SUMS...: N connections and nobody fails
row() {
	hf_who=$1 hf_name="$server, $2" hf_n=$3 hf_times=$4
	shift 4
	read -r hf_served hf_failed hf_again <<-END
	$(cat "$@" | awk '{ a += $1; b += $2; c += $3 } END { print a, b, c }')
	END
	assert_eq "$hf_name timestamps=$timestamps $hf_who: served and failed" \
		"$hf_served $hf_failed" "$hf_n 0"
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$hf_name" \
		"$timestamps" "$hf_who" "$hf_served" "$hf_failed" \
		"$(cat "$TMP/carried-$timestamps-$hf_who" 2>/dev/null || echo -)" \
		"$hf_times" "$hf_again" >>"$ROWS"
}

# rows LOAD N: what came out
rows() {
	hf_key=$TMP/$1-$timestamps
	row plain "$1" $(($2 * nr_handoffs)) "$(took "$hf_key"-*-plain.us)" \
		"$hf_key"-*-plain.sums
	row again "$1" $(($2 * nr_handoffs)) "$(ratios "$hf_key"-*-again.us \
		-- "$hf_key"-*-plain.us)" "$hf_key"-*-again.sums
	for handoff in $HANDOFFS; do
		row "$handoff" "$1" "$2" "$(ratios \
			"$hf_key-$handoff-handfast.us" -- \
			"$hf_key-$handoff-plain.us")" \
			"$hf_key-$handoff-handfast.sums"
	done
}

# compare SERVER CONTENT LOAD:N...
compare() {
	server=$1 content=$2
	nr_handoffs=$(echo "$HANDOFFS" | wc -w)
	shift 2
	for timestamps in 1 0; do
		sysctl_in cli net.ipv4.tcp_timestamps "$timestamps"
		for handoff in $HANDOFFS; do
			handfast_on
			take_turns "$@"
			[ "$content" = none ] || carry "$content"
			handfast_off "$server timestamps=$timestamps $handoff"
		done
		for load; do
			rows "${load%:*}" "${load#*:}"
		done
	done
}
