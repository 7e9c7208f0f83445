// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What each way through the data plane costs, in nanoseconds a packet.
 *
 *   test_cost [--flows N[,N...]] [--max-flows N] [--packets N] [--rounds N]
 *             [--handoff reqsk|splice] [--only KEY] [--results FILE]
 *
 * BPF_PROG_TEST_RUN of the front ends in cost.bpf.c, random clients, so many
 * flows existing, beside a bare XDP_TX in the same run. Of every row the front
 * end with a bare drop is taken off, round by round; a row is the median of its
 * rounds, and rounds of all rows follow each other, so that a slow moment of the
 * machine meets all of them. The time is the CPU's, so that others may work.
 * Flows that a row made are ended before the next. --only: the rows whose key begins
 * like that, and what they are compared to.
 *
 * Lines for tests/bench/table.sh go to the results file: cost.KEY.FLOWS NS, of
 * XDP above the bare XDP_TX, of a refused ACK above the socket lookup; and
 * cost.KEY_x.FLOWS, how many times its base in the same round, and the spread: the
 * floor of an answer, the look-up of the flow alone, a port that is not protected.
 * Rows called "the least" are what such a segment cannot do without (cost.bpf.c):
 * cost.KEY_least.FLOWS, how many times that.
 */
#include <check.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cost_run.h"

#define ROUNDS_MAX	99
#define ROWS_MAX	96
#define SIZES_MAX	8

static uint32_t sizes[SIZES_MAX] = { 1000, 65536, 1000000 };
static uint32_t max_flows = 1 << 20, packets = 200000;
static int sizes_nr = 3, rounds = 7;
static const char *results, *only = "";
static const struct cost_table *rows = &cost_reqsk;

struct cost_times {
	double bare[ROUNDS_MAX];  /* without the front end */
	double above[ROUNDS_MAX]; /* without what it is compared to */
	double times[ROUNDS_MAX]; /* its base */
	double least[ROUNDS_MAX]; /* times the least, with `of_least` */
};

static struct cost_times times[ROWS_MAX];

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values)
{
	qsort(values, rounds, sizeof(*values), compare);
	return values[rounds / 2];
}

/* Half of the middle half of the rounds lies so far from the median, that is known. */
static double spread(const double *sorted)
{
	return (sorted[rounds * 3 / 4] - sorted[rounds / 4]) / 2;
}

/* The flows of one IP version, `from` to `to`: third ACKs, then the server. */
static void fill_family(bool ip6, uint32_t from, uint32_t to)
{
	uint32_t first = clients_first(ip6);
	const struct cost_row *row;

	clients_mint(first + from, to - from, ip6);
	for (int i = 0; i < rows->nr; i++) {
		row = &rows->row[i];
		if (row->in.ip6 == ip6 && row->fresh)
			cost_run(row, first + from, to - from, to - from);
	}
	if (cost_rig.handoff == HF_HANDOFF_SPLICE)
		clients_open(first + from, to - from, ip6);
	for (int i = 0; i < rows->nr; i++) {
		row = &rows->row[i];
		if (row->in.ip6 == ip6 && row->counter == HF_CNT_FLOW_OUT)
			cost_run(row, first + from, to - from, to - from);
	}
	clients_shuffle(first, to);
}

/*
 * Half of them IPv4, half IPv6; none waits for its server any more, but tc
 * ingress looks at those that are spliced.
 */
static void fill(uint32_t from, uint32_t to)
{
	bool spliced = cost_rig.handoff == HF_HANDOFF_SPLICE;

	fill_family(false, from / 2, to / 2);
	fill_family(true, from / 2, to / 2);
	ck_assert_int_eq(rig_phase(&cost_rig).flows, to);
	ck_assert_uint_eq(rig_presence(&cost_rig),
			  to + ((uint64_t)(spliced ? to : 0) << 16));
}

/* XDP sees the third segments of the fresh clients. */
static void prove(bool ip6)
{
	for (int i = 0; i < rows->nr; i++)
		if (rows->row[i].fresh && rows->row[i].in.ip6 == ip6)
			cost_run(&rows->row[i], clients_fresh(), COST_FRESH,
				 COST_FRESH);
}

static double run_row(const struct cost_row *row, uint32_t flows)
{
	double ns;

	if (!row->fresh && !row->proved)
		return cost_run(row, clients_first(row->in.ip6), flows / 2,
				packets);
	clients_mint(clients_fresh(), COST_FRESH, row->in.ip6);
	if (row->proved)
		prove(row->in.ip6);
	ns = cost_run(row, clients_fresh(), COST_FRESH, COST_FRESH);
	clients_remove(clients_fresh(), COST_FRESH, row->in.ip6);
	return ns;
}

static bool is_wanted(const struct cost_row *row)
{
	return !row->key || row->base || row->target == COST_LOOKUP ||
	       !strncmp(row->key, only, strlen(only));
}

static void run_round(int round, uint32_t flows)
{
	double drop = 0, than = 0, lookup = 0, base[COST_BASES][2] = {};
	double total, above, bare;
	const struct cost_row *row;

	for (int i = 0; i < rows->nr; i++) {
		row = &rows->row[i];
		if (!is_wanted(row))
			continue;
		total = run_row(row, flows);
		if (row->target == COST_DROP || row->target == COST_DROP_TC)
			drop = than = total;
		bare = total - drop;
		above = total - (row->above_lookup ? lookup : than);
		times[i].bare[round] = row->key ? bare : total;
		times[i].above[round] = above;
		times[i].times[round] = (row->of == COST_OF_FLOOR ? above
								  : bare) /
					base[row->of][row->in.ip6];
		times[i].least[round] = bare / base[COST_OF_LEAST][row->in.ip6];
		base[row->base][row->in.ip6] = row->base == COST_OF_FLOOR
						       ? above
						       : bare;
		if (row->target == COST_TX)
			than = total;
		if (row->target == COST_LOOKUP)
			lookup = total;
	}
}

static FILE *open_results(void)
{
	FILE *fp = fopen(results ?: "/dev/null", "a");

	ck_assert(fp);
	return fp;
}

static const char *const base_name[COST_BASES] = {
	[COST_OF_FIND] = "the look-up",
	[COST_OF_FLOOR] = "the floor",
	[COST_OF_OTHER] = "a port that is not protected",
};

static void print_least(FILE *fp, const struct cost_row *row, int i,
			uint32_t flows)
{
	double of_least = median(times[i].least);

	printf(", %.2f of the least", of_least);
	fprintf(fp, "cost.%s_least.%u %.3f ~%.3f\n", row->key, flows, of_least,
		spread(times[i].least));
}

static void print_table(uint32_t flows)
{
	FILE *fp = open_results();
	const struct cost_row *row;
	double above, of_base;

	printf("%u flows of at most %u, %u packets a round, "
	       "median of %d rounds\n",
	       flows, max_flows, packets, rounds);
	printf("%-38s %10s %19s\n", "", "ns/packet", "above bare XDP_TX");
	for (int i = 0; i < rows->nr; i++) {
		row = &rows->row[i];
		if (!is_wanted(row))
			continue;
		printf("%-38s %10.0f", row->name, median(times[i].bare));
		above = median(times[i].above);
		if (row->key && row->target < COST_DROP_TC)
			printf(" %19.0f", above);
		of_base = median(times[i].times);
		if (row->of)
			printf("  %.2f of %s", of_base, base_name[row->of]);
		if (row->of_least)
			print_least(fp, row, i, flows);
		printf("\n");
		if (row->key)
			fprintf(fp, "cost.%s.%u %.0f\n", row->key, flows,
				above);
		if (row->of)
			fprintf(fp, "cost.%s_x.%u %.3f ~%.3f\n", row->key,
				flows, of_base, spread(times[i].times));
	}
	fclose(fp);
}

START_TEST(cost)
{
	uint32_t flows = 0;

	ck_assert_int_le(rows->nr, ROWS_MAX);
	rig_reset(&cost_rig);
	for (int i = 0; i < sizes_nr; i++) {
		fill(flows, sizes[i]);
		flows = sizes[i];
		for (int round = 0; round < rounds; round++)
			run_round(round, flows);
		print_table(flows);
	}
}
END_TEST

/* Even numbers, ascending. */
static void parse_sizes(char *text)
{
	char *word, *rest = text;

	sizes_nr = 0;
	while ((word = strsep(&rest, ",")) && sizes_nr < SIZES_MAX)
		sizes[sizes_nr++] = strtoul(word, NULL, 10) & ~1U;
}

static void check_arguments(void)
{
	bool good = rounds >= 1 && rounds <= ROUNDS_MAX && packets >= 1000;

	for (int i = 0; i < sizes_nr; i++)
		good = good && sizes[i] >= 2 && (!i || sizes[i] > sizes[i - 1]);
	if (!good)
		exit(2);
	if (max_flows < sizes[sizes_nr - 1] + COST_FRESH)
		max_flows = sizes[sizes_nr - 1] + COST_FRESH;
}

static void parse_arguments(int argc, char **argv)
{
	static const struct option options[] = {
		{ "flows", required_argument, NULL, 'f' },
		{ "max-flows", required_argument, NULL, 'm' },
		{ "packets", required_argument, NULL, 'p' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "handoff", required_argument, NULL, 'h' },
		{ "only", required_argument, NULL, 'n' },
		{ "results", required_argument, NULL, 'o' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'f')
			parse_sizes(optarg);
		else if (c == 'm')
			max_flows = atoi(optarg);
		else if (c == 'p')
			packets = atoi(optarg);
		else if (c == 'r')
			rounds = atoi(optarg);
		else if (c == 'h' && !strcmp(optarg, "splice"))
			rows = &cost_splice;
		else if (c == 'h' && !strcmp(optarg, "reqsk"))
			rows = &cost_reqsk;
		else if (c == 'n')
			only = optarg;
		else if (c == 'o')
			results = optarg;
		else
			exit(2);
	}
	check_arguments();
}

int main(int argc, char **argv)
{
	Suite *suite = suite_create("cost");
	TCase *tcase = tcase_create("cost");
	SRunner *runner = srunner_create(suite);
	int failed;

	parse_arguments(argc, argv);
	if (rows == &cost_splice)
		cost_rig.handoff = HF_HANDOFF_SPLICE;
	rig_isolate();
	cost_load(max_flows);
	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, cost);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
