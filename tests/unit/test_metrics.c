// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Metrics: both formats, names and labels, and that services beyond the bound are
 * one. What is read of an instance is made up here.
 */
#include "run.h"

#include <stdio.h>
#include <string.h>

#include "format/metrics.h"
#include "lib/names.h"

/* services of the made-up instance: their names, in the order of the walk */
static char specs[300][HF_SPEC_MAX];
static int nr_specs;
static bool all_armed;

static struct metrics_view view;
static char *text;
static size_t text_len;

int status_view_read(const struct instance *i, struct status_view *s)
{
	(void)i;
	s->armed = true;
	s->phase.kind = PHASE_FLOOD;
	s->phase.forgery.expected = 0.25;
	s->ifaces = 1;
	strcpy(s->iface[0].row.name, "a\"b\\c");
	s->flows = (struct table_view){ 3, 65536, 1 << 20 };
	return 0;
}

int states_view_read_legs(const struct instance *i, struct states_view *v)
{
	(void)i;
	v->leg[HF_LEG_SERVER].now[HF_CLOSE_WAIT] = 7;
	return 0;
}

int keys_view_read(const struct instance *i, struct keys_view *k)
{
	(void)i;
	k->generation = 4;
	return 0;
}

/* Each counter its place in the table. */
int map_read_all_counters(const struct maps *m, struct hf_counters *sum)
{
	(void)m;
	for (int i = 0; i < HF_CNT_NR; i++)
		sum->n[i] = i;
	return 0;
}

int services_view_for_each(const struct instance *i,
			   const struct phase_view *phase,
			   on_service_view_fn fn, void *arg)
{
	struct service_view v = {
		.phase = phase,
		.syn_seen = 1,
		.syn_answered = 2,
		.ack_accepted = 3,
		.flows = 4,
	};
	struct hf_service_info info = {};
	int err = 0;

	(void)i;
	v.info = &info;
	for (int n = 0; !err && n < nr_specs; n++) {
		strcpy(info.spec, specs[n]);
		v.armed = all_armed || n != 120;
		err = fn(&v, arg);
	}
	return err;
}

static void services_are(int nr)
{
	nr_specs = nr;
	all_armed = true;
	for (int n = 0; n < nr; n++)
		snprintf(specs[n], sizeof(specs[n]), "10.0.0.1:%d", n + 1);
}

static void print(enum metrics_format format)
{
	static const struct instance i = { .name = "default" };
	FILE *to;

	free(text);
	ck_assert_int_eq(metrics_view_read(&i, &view), 0);
	to = open_memstream(&text, &text_len);
	metrics_print(to, format, &view);
	fclose(to);
}

/* How many lines begin so. */
static int lines(const char *begin)
{
	size_t len = strlen(begin);
	int nr = 0;

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		nr += !strncmp(at, begin, len);
	}
	return nr;
}

static void has_line(const char *line)
{
	ck_assert_msg(lines(line) == 1, "%s: %d times", line, lines(line));
}

START_TEST(a_counter_has_its_name_help_and_value)
{
	char line[256];

	print(METRICS_PROMETHEUS);
	for (int i = 0; i < HF_CNT_NR; i++) {
		snprintf(line, sizeof(line), "# HELP handfast_%s_total %s\n",
			 counter_names[i], counter_helps[i]);
		has_line(line);
		snprintf(line, sizeof(line), "handfast_%s_total %d\n",
			 counter_names[i], i);
		has_line(line);
	}
	has_line("handfast_syn_answered_total 3\n");
}
END_TEST

START_TEST(a_family_of_openmetrics_has_no_suffix)
{
	print(METRICS_OPENMETRICS);
	has_line("# TYPE handfast_syn_seen counter\n");
	has_line("handfast_syn_seen_total 0\n");
	has_line("# TYPE handfast_build info\n");
	has_line("handfast_build_info{version=");
	ck_assert_str_eq(text + text_len - 6, "# EOF\n");
	print(METRICS_PROMETHEUS);
	has_line("# TYPE handfast_syn_seen_total counter\n");
	has_line("# TYPE handfast_build_info gauge\n");
	ck_assert_int_eq(lines("# EOF"), 0);
}
END_TEST

START_TEST(a_label_is_escaped)
{
	print(METRICS_PROMETHEUS);
	has_line("handfast_interface_armed{interface=\"a\\\"b\\\\c\"} 0\n");
}
END_TEST

START_TEST(what_is_no_counter_is_a_gauge_with_its_labels)
{
	print(METRICS_PROMETHEUS);
	has_line("handfast_armed 1\n");
	has_line("handfast_flood 1\n");
	has_line("handfast_forgery_expected 0.25\n");
	has_line("handfast_key_generation 4\n");
	has_line("handfast_table_max{table=\"flows\"} 65536\n");
	has_line("handfast_state_connections{leg=\"server\","
		 "state=\"CLOSE_WAIT\"} 7\n");
}
END_TEST

START_TEST(services_beyond_the_bound_are_one)
{
	services_are(METRICS_SERVICES_MAX);
	print(METRICS_PROMETHEUS);
	ck_assert_int_eq(lines("handfast_service_armed"), METRICS_SERVICES_MAX);
	ck_assert_int_eq(lines("handfast_service_armed{service=\"(others)"), 0);
	services_are(METRICS_SERVICES_MAX + 50);
	print(METRICS_PROMETHEUS);
	ck_assert_int_eq(lines("handfast_service_armed"),
			 METRICS_SERVICES_MAX + 1);
	has_line("handfast_service_syn_seen_total{service=\"(others)\"} 50\n");
	has_line("handfast_service_flows{service=\"(others)\"} 200\n");
	has_line("handfast_service_armed{service=\"(others)\"} 1\n");
	all_armed = false;
	print(METRICS_PROMETHEUS);
	has_line("handfast_service_armed{service=\"(others)\"} 0\n");
}
END_TEST

TEST_MAIN("metrics", a_counter_has_its_name_help_and_value,
	  a_family_of_openmetrics_has_no_suffix, a_label_is_escaped,
	  what_is_no_counter_is_a_gauge_with_its_labels,
	  services_beyond_the_bound_are_one)
