#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_metrics.sh: metrics and status page by HTTP: off by default, at this host
# alone; what they say is what the commands say, also with the privileges that a
# daemon has left; and nobody who connects holds the daemon up.
#
# Topology: lib.sh.
set -u
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
command -v curl >/dev/null || skip 77 test_metrics "no curl"

PORT=9477
AT=127.0.0.1:$PORT
MONITORING=$HF_ROOT/user/monitoring

# get PATH CURL-ARG...
get() {
	hf_path=$1
	shift
	in_ns srv curl -sS -m 20 "$@" "http://$AT$hf_path"
}

# status_of PATH CURL-ARG...: of the reply
status_of() {
	get "$@" -o "$TMP/body" -w '%{http_code}'
}

# header NAME: of the reply whose head is in $TMP/head
header() {
	sed -n "s/^$1: //Ip" "$TMP/head" | tr -d '\r'
}

files_of_daemon() {
	find "/proc/$(cat "$TMP/handfastd.pid")/fd" -type l | wc -l
}

listens_by_tcp() {
	in_ns srv ss -Hltnp | grep -c '"handfastd'
}

off_by_default() {
	start_handfast -i s0 -m always
	assert_eq "by default: off" \
		"$(hf_quiet status --json | jq -r .config.metrics)" off
	assert_eq "by default: nothing listens" "$(listens_by_tcp)" 0
	end_daemon TERM
}

# refused ENDPOINT WORDS: bad use, and it is said what helps
refused() {
	in_ns srv "$HANDFASTD" -n "$HF_NAME" -t -o "metrics=$1" \
		2>"$TMP/refused"
	assert_eq "$1: bad use" $? 2
	assert_eq "$1: said why" "$(grep -F "metrics: '$(printf %.64s "$1")': $2" \
		"$TMP/refused" | grep -c "${3:-}")" 1
}

others_are_refused() {
	for at in 0.0.0.0:$PORT "$SRV4:$PORT" "[::]:$PORT" "[$SRV6]:$PORT"; do
		refused "$at" "not a loopback address" "a reverse proxy"
	done
	for at in $PORT 127.0.0.1 localhost:$PORT 127.0.0.1:0 run/socket \
		127.0.0.1:1-2 127.0.0.0/8:$PORT on; do
		refused "$at" "not off, an ADDRESS:PORT"
	done
	refused "/$(printf %0110d 0)" "too long"
}

# attached_nothing NAME: by the daemon that was refused
attached_nothing() {
	assert_eq "$1: nothing is attached" \
		"$(ip -n "hf-$$-srv" link show s0 | grep -c xdp)" 0
	[ ! -e "/sys/fs/bpf/handfast/$HF_NAME" ]
	assert_eq "$1: nothing is pinned" $? 0
}

# start_refused NAME ENDPOINT WHY
start_refused() {
	in_ns srv timeout 20 "$HANDFASTD" -n "$HF_NAME" -i s0 -m always \
		-o max_flows=65536 -o learn_s=0 -o "metrics=$2" 2>"$TMP/refused"
	assert_eq "$1: exit 1" $? 1
	assert_eq "$1: said so" "$(cat "$TMP/refused")" \
		"handfastd: metrics: $2: $3"
}

port_in_use() {
	serve taken -a 127.0.0.1 -p $PORT
	start_refused "port in use" $AT "Address already in use"
	attached_nothing "port in use"
	stop taken
	start_refused "no such folder" "$TMP/none/socket" \
		"No such file or directory"
	attached_nothing "no such folder"
}

# samples_of PATTERN FILE: "NAME VALUE", sorted
samples_of() {
	grep "^handfast_$1" "$2" | sort
}

# counters_now: as the command tells them
counters_now() {
	hf_quiet counters --json | jq -r '.counters | to_entries[] |
		"handfast_\(.key)_total \(.value)"' | sort
}

# metrics_are FILE: of what the counters were before and after
metrics_are() {
	counters_now >"$TMP/before"
	get /metrics >"$1"
	counters_now >"$TMP/after"
	samples_of '[a-z0-9_]*_total [0-9]' "$1" >"$TMP/samples"
	cmp "$TMP/before" "$TMP/after" && cmp "$TMP/before" "$TMP/samples"
}

states_now() {
	hf_quiet states --json | jq -r '
		["client", .states], ["server", .server_states] |
		.[0] as $leg | .[1] | to_entries[] |
		"_connections{leg=\"\($leg)\",state=\"\(.key)\"} \(.value.now)",
		"_entered_total{leg=\"\($leg)\",state=\"\(.key)\"} \(.value.entered)" |
		"handfast_state" + .' | sort
}

states_are() {
	states_now >"$TMP/before"
	get /metrics >"$TMP/metrics"
	samples_of state "$TMP/metrics" >"$TMP/samples"
	cmp "$TMP/before" "$TMP/samples"
}

services_now() {
	hf_quiet services --json | jq -r '.services[] | . as $s |
		("syn_seen", "syn_answered", "ack_accepted") as $k |
		"handfast_service_\($k)_total{service=\"\(.service)\"} \($s[$k])",
		"handfast_service_flows{service=\"\(.service)\"} \(.flows)",
		"handfast_service_armed{service=\"\(.service)\"} \(
			if .armed then 1 else 0 end)"' | sort -u
}

services_are() {
	services_now >"$TMP/before"
	get /metrics >"$TMP/metrics"
	samples_of service "$TMP/metrics" >"$TMP/samples"
	cmp "$TMP/before" "$TMP/samples"
}

# sample NAME: of $TMP/metrics
sample() {
	awk -v n="handfast_$1" '$1 == n { print $2 }' "$TMP/metrics"
}

as_commands_say() {
	cli "$TOOLS/load" -d $SRV4 -p 80 -r 50 -t 1 >/dev/null
	assert_eq "connections" $? 0
	bg_cli open "$TOOLS/hold" -d $SRV4 -p 80 -s ping
	wait_for 3 state_is $CLI4 ESTABLISHED
	wait_for 5 metrics_are "$TMP/metrics"
	assert_eq "counters: as the command says" $? 0
	assert_eq "counters: each has a help" "$(grep -c '^# HELP' \
		"$TMP/metrics")" "$(grep -c '^# TYPE' "$TMP/metrics")"
	assert_ge "counters: SYNs were counted" \
		"$(sample syn_answered_total)" 51
	wait_for 5 states_are
	assert_eq "states: as the command says" $? 0
	assert_eq "states: the connection that is open" "$(sample \
		'state_connections{leg="client",state="ESTABLISHED"}')" 1
	wait_for 5 services_are
	assert_eq "services: as the command says" $? 0
	assert_ge "services: there are some" "$(wc -l <"$TMP/samples")" 5
	assert_eq "table: flows, room" "$(sample 'table_max{table="flows"}')" \
		65536
	assert_ge "table: flows" "$(sample 'table_used{table="flows"}')" 1
	assert_eq "armed, and calm" "$(sample armed) $(sample flood) $(sample \
		'interface_armed{interface="s0"}')" "1 0 1"
	stop open
}

json_is_whole() {
	get /status.json >"$TMP/status.json"
	assert_eq "status.json: what the page needs" "$(jq -r '[.status.name,
		.status.armed, (.counters.counters.syn_seen > 0),
		(.states.states.ESTABLISHED.now >= 0),
		(.services.services | length > 0), (.at_ms > 0)] | @csv' \
		"$TMP/status.json")" "\"$HF_NAME\",true,true,true,true,true"
}

formats() {
	get /metrics -D "$TMP/head" >"$TMP/metrics"
	assert_eq "Prometheus: the type" "$(header Content-Type)" \
		"text/plain; version=0.0.4; charset=utf-8"
	assert_eq "Prometheus: a counter's family" \
		"$(grep -c '^# TYPE handfast_syn_seen_total counter$' \
		"$TMP/metrics") $(grep -c EOF "$TMP/metrics")" "1 0"
	get /metrics -D "$TMP/head" -H 'Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5' \
		>"$TMP/open"
	assert_eq "OpenMetrics: the type" "$(header Content-Type)" \
		"application/openmetrics-text; version=1.0.0; charset=utf-8"
	assert_eq "OpenMetrics: a counter's family" \
		"$(grep -c '^# TYPE handfast_syn_seen counter$' "$TMP/open")" 1
	assert_eq "OpenMetrics: info" \
		"$(grep -c '^# TYPE handfast_build info$' "$TMP/open")" 1
	assert_eq "OpenMetrics: the end" "$(tail -n 1 "$TMP/open")" "# EOF"
	assert_eq "both: the same samples" \
		"$(grep -v '^#' "$TMP/open" | sed 's/ .*//' | sort)" \
		"$(grep -v '^#' "$TMP/metrics" | sed 's/ .*//' | sort)"
	assert_eq "no sample is there twice" \
		"$(grep -v '^#' "$TMP/metrics" | sed 's/ [^ ]*$//' | sort |
			uniq -d)" ""
	if command -v promtool >/dev/null; then
		promtool check metrics <"$TMP/metrics"
		assert_eq "promtool takes the metrics" $? 0
	else
		echo "SKIP promtool check metrics: no promtool (make" \
			"check-monitoring)"
	fi
}

# Alerts and dashboard name nothing that is not there.
names_exist() {
	for file in handfast.rules.yml dashboard.json; do
		assert_eq "$file: names what exists" "$(grep -o \
			'handfast_[a-z0-9_]*' "$MONITORING/$file" | sort -u |
			grep -v '_$' | while read -r name; do
			grep -q "^${name}[{ ]" "$TMP/metrics" || echo "$name"
		done)" ""
	done
}

requests() {
	assert_eq "unknown path: 404" "$(status_of /secret)" 404
	assert_eq "a path that goes up: 404" \
		"$(status_of /../etc/passwd --path-as-is)" 404
	assert_eq "in another host's name: 403" \
		"$(status_of /metrics -H 'Host: example.com')" 403
	for host in localhost localhost:80 127.0.0.2 '[::1]:80'; do
		assert_eq "in the name $host: 200" \
			"$(status_of /metrics -H "Host: $host")" 200
	done
	assert_eq "OPTIONS *: 4xx" "$(status_of /metrics -X OPTIONS \
		--request-target '*' | grep -c '^4')" 1
	assert_eq "CONNECT: 4xx" "$(status_of /metrics -X CONNECT \
		--request-target 'localhost:80' | grep -c '^4')" 1
	for method in POST PUT DELETE OPTIONS PATCH; do
		assert_eq "$method: 405" "$(status_of /metrics -X $method \
			-D "$TMP/head") $(header Allow)" "405 GET, HEAD"
	done
	assert_eq "POST of something: 405" "$(status_of / -d x=1)" 405
	assert_eq "a method that is none: refused" \
		"$(status_of /metrics -X JUMP | grep -c '^[45]')" 1
	get /status.json >"$TMP/body"
	assert_eq "HEAD: 200" "$(get /metrics -I -D "$TMP/head" -o "$TMP/body" \
		-w '%{http_code}')" 200
	assert_ge "HEAD: how long it is" "$(header Content-Length)" 1000
	assert_eq "a long header: refused" "$(status_of /metrics -H \
		"X-Long: $(printf %05000d 0)" | grep -c '^[45]')" 1
	head -c 100000 /dev/zero >"$TMP/zeros"
	get /metrics --data-binary "@$TMP/zeros" -o "$TMP/body" -H Expect: \
		>/dev/null 2>&1
	assert_eq "a large body, or none of it: it goes on" \
		"$(status_of /metrics)" 200
}

nonces() {
	tr ';' '\n' <"$TMP/head" | grep -o "'nonce-[^']*'" | sort -u
}

page() {
	get / -D "$TMP/head" >"$TMP/page"
	assert_eq "page: its type" "$(header Content-Type)" \
		"text/html; charset=utf-8"
	nonce=$(nonces)
	assert_eq "page: what may run" "$(header Content-Security-Policy)" \
		"default-src 'none'; script-src $nonce; style-src $nonce; \
connect-src 'self'; base-uri 'none'; form-action 'none'; \
frame-ancestors 'none'"
	nonce=${nonce#\'nonce-}
	assert_eq "page: script and style have the nonce" "$(grep -c \
		"^<\(script\|style\) nonce=\"${nonce%\'}\">$" "$TMP/page")" 2
	assert_eq "page: nothing from elsewhere, no handlers" "$(grep -cE \
		'(src|href)="|https?://| on[a-z]+="|style="|innerHTML' \
		"$TMP/page")" 0
	before=$(nonces)
	get / -D "$TMP/head" >/dev/null
	[ "$before" != "$(nonces)" ]
	assert_eq "page: another nonce each time" $? 0
}

guests_are_few() {
	[ "$(in_ns srv ss -Htn state established "sport = :$PORT" |
		wc -l)" -le "$1" ]
}

# closed_are NAME N: or more of its guests
closed_are() {
	[ "$(field closed "$1" | tail -n 1)" -ge "$2" ]
}

# answers_meanwhile NAME: the command within its second, and HTTP
answers_meanwhile() {
	hf_quiet status >/dev/null
	assert_eq "$1: the daemon answers" "$? $(daemon_is running; echo $?)" \
		"0 0"
	assert_eq "$1: so it does by HTTP" "$(status_of /metrics)" 200
	assert_le "$1: files of the daemon" "$(files_of_daemon)" \
		$((files + 40))
}

# guests_stay NAME HOW N: and all are sent away in time
guests_stay() {
	files=$(files_of_daemon)
	bg_srv guests "$TOOLS/guests" $PORT "$3" "$2"
	wait_for 5 grep -q begun "$TMP/guests.out"
	assert_eq "$1: they came" $? 0
	answers_meanwhile "$1"
	wait_for 15 closed_are guests "$3"
	assert_eq "$1: they were sent away" $? 0
	wait_for 5 guests_are_few 0
	assert_eq "$1: none is left" $? 0
	stop guests
	assert_le "$1: files are closed" "$(files_of_daemon)" $((files + 1))
}

guests() {
	guests_stay "a byte a second" slow 1
	guests_stay "200 that say nothing" idle 200
	guests_stay "200 that are slow" slow 200
	guests_stay "40 that never read" deaf 40
}

# As test_privileges.sh: not where sanitizers trace.
none_refused() {
	case $HANDFASTD in
	*asan*) return ;;
	esac
	handoff_is reqsk || return
	assert_eq "no system call was refused" "$(dmesg 2>/dev/null |
		grep "type=1326.* pid=$(cat "$TMP/handfastd.pid") ")" ""
}

# The socket's file is like the control socket's.
by_unix_socket() {
	start_handfast -i s0 -m always -o "metrics=$TMP/socket" \
		-o control_group=games
	assert_eq "Unix socket: whose it is" \
		"$(stat -c '%U %G %a' "$TMP/socket")" "root games 660"
	assert_eq "Unix socket: metrics" "$(curl -sS --unix-socket \
		"$TMP/socket" http://x/metrics |
		grep -c '^handfast_armed 1$')" 1
	end_daemon KILL
	[ -S "$TMP/socket" ]
	assert_eq "Unix socket: left by a daemon that was killed" $? 0
	start_handfast -i s0 -m always -o "metrics=$TMP/socket"
	assert_eq "Unix socket: taken over, root's" \
		"$(stat -c '%U %G %a' "$TMP/socket")" "root root 600"
	end_daemon TERM
	[ ! -e "$TMP/socket" ]
	assert_eq "Unix socket: gone with the daemon" $? 0
	echo precious >"$TMP/file"
	start_refused "a file that is no socket" "$TMP/file" \
		"Address already in use"
	assert_eq "a file that is no socket: as it was" "$(cat "$TMP/file")" \
		precious
}

# What was attached stays if the next daemon cannot listen.
next_cannot_listen() {
	start_handfast -i s0 -m always -o metrics=$AT
	end_daemon USR2
	serve taken -a 127.0.0.1 -p $PORT
	start_refused "port in use, taken over" $AT "Address already in use"
	stop taken
	connects "port in use, taken over: the data plane stays" 20 20
	start_handfast -i s0 -m always -o metrics=$AT
	assert_eq "the port is free again" "$(status_of /metrics)" 200
}

reloaded() {
	end_daemon TERM
	conf "[handfast]" "interfaces = s0" "mode = always" "metrics = $AT"
	start_handfast -c "$TMP/conf"
	conf "[handfast]" "interfaces = s0" "mode = always" "metrics = off"
	assert_eq "reload: at the next start" \
		"$(hf_quiet reload --json | jq -c .later)" '["metrics"]'
	assert_eq "reload: goes on as it was" "$(status_of /metrics)" 200
}

many_services() {
	end_daemon TERM
	bg_srv many "$TOOLS/listen" 20000 150
	start_handfast -i s0 -m always -o metrics=$AT
	wait_for 5 listening 20149
	get /metrics >"$TMP/metrics"
	assert_eq "150 services: 100, and the others" \
		"$(grep -c '^handfast_service_armed' "$TMP/metrics")" 101
	assert_eq "150 services: each is armed" \
		"$(sample 'service_armed{service="(others)"}')" 1
	cli "$TOOLS/load" -d $SRV4 -p 20149 -r 5 -t 1 -k 200 >/dev/null
	wait_for 5 others_are_summed
	assert_eq "150 services: sums are whole" $? 0
	stop many
}

others_are_summed() {
	get /metrics >"$TMP/metrics"
	hf_quiet counters --json | jq -r .counters.syn_seen >"$TMP/seen"
	[ "$(awk '/^handfast_service_syn_seen_total/ { n += $2 }
		END { print n }' "$TMP/metrics")" -eq "$(cat "$TMP/seen")" ] &&
		[ "$(cat "$TMP/seen")" -ge 5 ]
}

net_up
serve web -p 80
others_are_refused
off_by_default
port_in_use
start_handfast -i s0 -m always -o metrics=$AT
as_commands_say
json_is_whole
formats
names_exist
requests
page
guests
none_refused
end_daemon TERM
by_unix_socket
next_cannot_listen
reloaded
many_services
summary
