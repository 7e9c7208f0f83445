// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What an answered SYN and a refused ACK cost, in nanoseconds a packet.
 *
 *   test_cost [--flows N] [--max-flows N] [--packets N] [--rounds N]
 *
 * BPF_PROG_TEST_RUN of the front end in cost.bpf.c, random clients, beside a
 * bare XDP_TX in the same run. Of every row the front end with a bare drop is
 * taken off; a row is the median of its rounds, and rounds of all rows follow
 * each other, so that a slow moment of the machine meets all of them.
 */
#include <check.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "cost.h"
#include "shake.h"
#include "tests/prog/cost.skel.h"

#define ROUNDS_MAX	99

static struct rig rig;

static uint32_t fill_flows, max_flows = 16384, packets = 1000000;
static int rounds = 9;
static struct cost *front;

/* What is timed; the rows that follow a "drop" take its time off. */
struct cost_row {
	const char *name;
	struct spec in;
	enum { DROP, TX, LOOKUP, INGRESS } target;
	int verdict;
	enum hf_counter counter;	/* that all packets must count as */
	bool flood;
};

#define OPT_TS_ONLY	.opt = { 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 }, \
			.opt_len = 12
#define ACK_ROW		.flags = F_ACK, OPT_TS_ONLY

static const struct cost_row rows[] = {
	{ "front end, IPv4 SYN", { OPT_LINUX }, DROP, XDP_DROP },
	{ "bare XDP_TX, IPv4 SYN", { OPT_LINUX }, TX, XDP_TX },
	{ "SYN answered, IPv4, timestamps",
	  { OPT_LINUX },
	  INGRESS,
	  XDP_TX,
	  HF_CNT_SYN_ANSWER_TS },
	{ "front end, IPv4 SYN", { OPT_NO_TS }, DROP, XDP_DROP },
	{ "bare XDP_TX, IPv4 SYN", { OPT_NO_TS }, TX, XDP_TX },
	{ "SYN answered, IPv4, no timestamps",
	  { OPT_NO_TS },
	  INGRESS,
	  XDP_TX,
	  HF_CNT_SYN_ANSWER_NO_TS },
	{ "front end, IPv6 SYN", { .ip6 = true, OPT_LINUX }, DROP, XDP_DROP },
	{ "bare XDP_TX, IPv6 SYN", { .ip6 = true, OPT_LINUX }, TX, XDP_TX },
	{ "SYN answered, IPv6, timestamps",
	  { .ip6 = true, OPT_LINUX },
	  INGRESS,
	  XDP_TX,
	  HF_CNT_SYN_ANSWER_TS },
	{ "front end, IPv6 SYN", { .ip6 = true, OPT_NO_TS }, DROP, XDP_DROP },
	{ "bare XDP_TX, IPv6 SYN", { .ip6 = true, OPT_NO_TS }, TX, XDP_TX },
	{ "SYN answered, IPv6, no timestamps",
	  { .ip6 = true, OPT_NO_TS },
	  INGRESS,
	  XDP_TX,
	  HF_CNT_SYN_ANSWER_NO_TS },
	{ "front end, IPv4 ACK", { ACK_ROW }, DROP, XDP_DROP },
	{ "bare XDP_TX, IPv4 ACK", { ACK_ROW }, TX, XDP_TX },
	{ "kernel's socket lookup, IPv4", { ACK_ROW }, LOOKUP, XDP_DROP },
	{ "ACK refused, IPv4, lookup included",
	  { ACK_ROW },
	  INGRESS,
	  XDP_DROP,
	  HF_CNT_REJECT_DROPPED,
	  .flood = true },
	{ "front end, IPv6 ACK", { .ip6 = true, ACK_ROW }, DROP, XDP_DROP },
	{ "bare XDP_TX, IPv6 ACK", { .ip6 = true, ACK_ROW }, TX, XDP_TX },
	{ "kernel's socket lookup, IPv6",
	  { .ip6 = true, ACK_ROW },
	  LOOKUP,
	  XDP_DROP },
	{ "ACK refused, IPv6, lookup included",
	  { .ip6 = true, ACK_ROW },
	  INGRESS,
	  XDP_DROP,
	  HF_CNT_REJECT_DROPPED,
	  .flood = true },
};

#define ROWS_NR	((int)(sizeof(rows) / sizeof(*rows)))

static uint32_t sum_words(const uint8_t *byte, uint32_t len)
{
	uint64_t sum = 0;
	uint16_t word;

	for (uint32_t i = 0; i + 1 < len; i += 2) {
		memcpy(&word, byte + i, 2);
		sum += word;
	}
	return sum;
}

static uint32_t row_target(const struct cost_row *row)
{
	switch (row->target) {
	case DROP:
		return bpf_program__fd(front->progs.cost_drop);
	case TX:
		return bpf_program__fd(front->progs.cost_tx);
	case LOOKUP:
		return bpf_program__fd(row->in.ip6 ? front->progs.cost_lookup6
						   : front->progs.cost_lookup4);
	case INGRESS:
		break;
	}
	return rig.ingress;
}

/* The frame with all that varies zero, and its sums without it. */
static void row_frame(const struct cost_row *row, struct cost_frame *f)
{
	uint32_t l4 = 14 + (row->in.ip6 ? 40 : 20), addrs;
	struct spec in = row->in;
	struct frame_buf frame;

	frame_build(&frame, &in);
	ck_assert_uint_lt(frame.len, COST_FRAME_MAX);
	memset(f, 0, sizeof(*f));
	f->len = frame.len;
	f->ip6 = in.ip6;
	f->vary_ack = in.flags & F_ACK;
	memset(frame.byte + l4, 0, 2);
	memset(frame.byte + l4 + 4, 0, 8);
	memset(frame.byte + l4 + 16, 0, 2);
	if (in.ip6) {
		memset(frame.byte + 34, 0, 4);
		addrs = sum_words(frame.byte + 22, 32);
	} else {
		memset(frame.byte + 24, 0, 2);
		memset(frame.byte + 27, 0, 3);
		addrs = sum_words(frame.byte + 26, 8);
		f->ip_sum = sum_words(frame.byte + 14, 20);
	}
	f->tcp_sum = addrs + sum_words(frame.byte + l4, frame.len - l4) +
		     htons(frame.len - l4) + htons(6);
	memcpy(f->byte, frame.byte, frame.len);
}

/* Nanoseconds a packet, front end included. */
static unsigned int row_run(const struct cost_row *row)
{
	struct cost_frame f;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f.byte,
		    .repeat = packets);
	uint32_t zero = 0, fd = row_target(row);
	uint64_t counted = rig_count(&rig, row->counter);

	row_frame(row, &f);
	opts.data_size_in = f.len;
	rig_set_flood(&rig, RIG_NOW_MS + (row->flood ? 1 : -70000));
	ck_assert_int_eq(bpf_map__update_elem(front->maps.frame, &zero, 4, &f,
					      sizeof(f), 0),
			 0);
	ck_assert_int_eq(bpf_map__update_elem(front->maps.target, &zero, 4, &fd,
					      4, 0),
			 0);
	ck_assert_int_eq(
		bpf_prog_test_run_opts(bpf_program__fd(front->progs.cost_front),
				       &opts),
		0);
	ck_assert_msg(opts.retval == (uint32_t)row->verdict, "%s: verdict %u",
		      row->name, opts.retval);
	counted = rig_count(&rig, row->counter) - counted;
	ck_assert_msg(row->target != INGRESS ||
			      counted >= packets - packets / 1000,
		      "%s: only %lu of %u packets took this way", row->name,
		      (unsigned long)counted, packets);
	return opts.duration;
}

static int compare(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a;
	unsigned int y = *(const unsigned int *)b;

	return x < y ? -1 : x > y;
}

static int median(unsigned int *values)
{
	qsort(values, rounds, sizeof(*values), compare);
	return values[rounds / 2];
}

static void print_table(unsigned int ns[ROWS_NR][ROUNDS_MAX])
{
	int drop = 0, tx = 0, total;

	printf("%u flows of at most %u, %u packets a round, "
	       "median of %d rounds\n",
	       fill_flows, max_flows, packets, rounds);
	printf("%-38s %10s %19s\n", "", "ns/packet", "above bare XDP_TX");
	for (int i = 0; i < ROWS_NR; i++) {
		total = median(ns[i]);
		if (rows[i].target == DROP) {
			drop = total;
			printf("%-38s %10d\n", rows[i].name, total);
			continue;
		}
		if (rows[i].target == TX)
			tx = total;
		printf("%-38s %10d %19d\n", rows[i].name, total - drop,
		       total - tx);
	}
}

/* A flow by its valid third segment, through hf_ingress itself. */
static void fill_one(uint32_t i)
{
	struct hf_keys keys = rig_keys(RIG_GENERATION);
	struct segment reply = { .opt_len = 12 };
	struct spec syn = shake_linux(false), ack;
	struct cookie c = { .options = HF_OPT_TS | HF_OPT_SACK | HF_OPT_WSCALE,
			    .profile = RIG_PROFILE };
	struct cookie_id id;
	struct frame_buf frame;
	uint32_t addr = htonl(0x0b000000 | (i * 2654435761U >> 8)), tsval;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame.byte);

	memcpy(syn.client, &addr, 4);
	syn.client_port = 1024 + rand() % 60000;
	syn.seq = rand();
	id = shake_id(&syn);
	cookie_mint(&c, &id, &keys, RIG_NOW_MS);
	reply.seq = c.iss;
	tsval = htonl(c.tsval);
	memcpy(reply.opt, "\1\1\10\12", 4);
	memcpy(reply.opt + 4, &tsval, 4);
	ack = shake_ack(&syn, &reply);
	frame_build(&frame, &ack);
	opts.data_size_in = frame.len;
	ck_assert_int_eq(bpf_prog_test_run_opts(rig.ingress, &opts), 0);
}

START_TEST(cost)
{
	static unsigned int ns[ROWS_NR][ROUNDS_MAX];

	rig_reset(&rig);
	for (uint32_t i = 0; i < fill_flows; i++)
		fill_one(i);
	ck_assert_int_eq(rig_phase(&rig).flows, fill_flows);
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < ROWS_NR; i++)
			ns[i][round] = row_run(&rows[i]);
	print_table(ns);
}
END_TEST

static void parse_arguments(int argc, char **argv)
{
	static const struct option options[] = {
		{ "flows", required_argument, NULL, 'f' },
		{ "max-flows", required_argument, NULL, 'm' },
		{ "packets", required_argument, NULL, 'p' },
		{ "rounds", required_argument, NULL, 'r' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'f')
			fill_flows = atoi(optarg);
		else if (c == 'm')
			max_flows = atoi(optarg);
		else if (c == 'p')
			packets = atoi(optarg);
		else if (c == 'r')
			rounds = atoi(optarg);
		else
			exit(2);
	}
	if (rounds < 1 || rounds > ROUNDS_MAX || packets < 1000)
		exit(2);
	if (max_flows < fill_flows + fill_flows / 10)
		max_flows = fill_flows + fill_flows / 10;
}

int main(int argc, char **argv)
{
	Suite *suite = suite_create("cost");
	TCase *tcase = tcase_create("cost");
	SRunner *runner = srunner_create(suite);
	int failed;

	parse_arguments(argc, argv);
	rig_isolate();
	rig_load(&rig, false, max_flows);
	front = cost__open_and_load();
	if (!front) {
		fprintf(stderr, "cost: load: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, cost);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
