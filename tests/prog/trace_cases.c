// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What `handfast trace` is told of a packet. */
#include <string.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "handfast/trace.h"
#include "shake.h"
#include "suite.h"

static struct hf_trace traced;
static int lines;

static int on_line(void *arg, void *data, size_t size)
{
	(void)arg;
	ck_assert_uint_eq(size, sizeof(traced));
	memcpy(&traced, data, sizeof(traced));
	lines++;
	return 0;
}

/* The one line about a packet. */
static void trace(const struct spec *s)
{
	struct ring_buffer *ring = ring_buffer__new(rig.trace, on_line, NULL,
						    NULL);
	struct hf_control c = rig_control(&rig);
	struct result res;

	ck_assert_ptr_nonnull(ring);
	ring_buffer__consume(ring);	/* of tests before */
	lines = 0;
	c.trace = 1;
	c.trace_until_ms = RIG_NOW_MS + 1000;
	rig_set_control(&rig, &c);
	rig_send(&rig, s, &res);
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	ck_assert_int_eq(lines, 1);
	ck_assert_int_eq(traced.hook, HF_HOOK_XDP);
	ck_assert_int_eq(traced.verdict, res.verdict);
	ck_assert_uint_eq(traced.seq, s->seq);
	ck_assert_int_eq(traced.flags, F_SYN);
}

/* The frame is the SYN-ACK's by then. */
START_TEST(s1_an_answered_syn_is_traced_as_it_came)
{
	struct spec syn = shake_linux(_i);
	struct hf_tuple t = rig_tuple(&syn);

	trace(&syn);
	ck_assert_int_eq(traced.verdict, XDP_TX);
	ck_assert_int_eq(traced.reason, HF_CNT_SYN_ANSWER_TS);
	ck_assert_mem_eq(&traced.tuple, &t, sizeof(t));
}
END_TEST

START_TEST(s33_bad_lengths_are_traced_without_payload)
{
	struct spec syn = shake_linux(_i);

	syn.doff = 15;	/* beyond the datagram */
	trace(&syn);
	ck_assert_int_eq(traced.reason, HF_CNT_DROP_BAD_LENGTH);
	ck_assert_uint_eq(traced.payload, 0);
}
END_TEST

TCase *trace_tcase(void)
{
	TCase *tc = tcase_create("trace");

	tcase_add_loop_test(tc, s1_an_answered_syn_is_traced_as_it_came, 0, 2);
	tcase_add_loop_test(tc, s33_bad_lengths_are_traced_without_payload, 0,
			    2);
	return tc;
}
