#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# test_monitoring.sh: promtool takes the alerts, they come when they should, and it
# takes each expression of the dashboard. That the metrics which they name exist is
# seen by tests/net/test_metrics.sh.
set -u
here=$(dirname "$0")
monitoring=$here/../../user/monitoring
# shellcheck source=tests/check.sh
. "$here/../check.sh"

# dashboard_rules: its expressions as rules, for promtool to parse
dashboard_rules() {
	printf 'groups: [{ name: dashboard, rules: [\n'
	jq -r '[.panels[].targets[].expr, .annotations.list[].target.expr] |
		.[] | gsub("\\$__(rate_)?interval"; "1m") |
		"{ record: x, expr: \(tojson) },"' "$monitoring/dashboard.json" |
		sort -u
	printf ']}]\n'
}

for tool in promtool jq; do
	command -v $tool >/dev/null || {
		echo "SKIP test_monitoring: no $tool"
		exit 77
	}
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
promtool check rules "$monitoring/handfast.rules.yml"
check "alerts: promtool takes them" $? 0
promtool test rules "$here/rules_test.yml"
check "alerts: come when they should" $? 0
check "alerts: each has a test" "$(sed -n 's/^ *- alert: //p' \
	"$monitoring/handfast.rules.yml" | while read -r alert; do
	grep -A1 "alertname: $alert\$" "$here/rules_test.yml" |
		grep -q exp_alerts || echo "$alert"
done)" ""
dashboard_rules >"$work/rules.yml"
check "dashboard: has expressions" \
	"$([ "$(grep -c record "$work/rules.yml")" -ge 15 ] && echo yes)" yes
# without a step a subquery takes Prometheus's evaluation_interval, which may be longer
check "dashboard: each subquery has a step" \
	"$(jq -r '.panels[].targets[].expr' "$monitoring/dashboard.json" |
		grep -c ':\]')" 0
promtool check rules --lint=none "$work/rules.yml"
check "dashboard: promtool takes them" $? 0
summary
