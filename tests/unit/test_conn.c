// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The table of connections: found, grown, left; and whose secret it has. */
#include "run.h"

#include <arpa/inet.h>
#include <string.h>

#include "daemon/conn/conn.h"
#include "lib/log.h"

#define MANY	20000
#define CHAIN_MAX	12	/* of one connection a bucket on average */

static struct hf_states states;
static struct conns cs;

void log_debug(const char *fmt, ...)
{
	(void)fmt;
}

static struct hf_tuple tuple(unsigned int i)
{
	return (struct hf_tuple){
		.client = { 0, 0, htonl(0xffff), htonl(0x0a000000 + i / 7) },
		.server = { 0, 0, htonl(0xffff), htonl(0x0a800002) },
		.client_port = htons(1024 + i % 7),
		.server_port = htons(80),
	};
}

static void table_up(void)
{
	memset(&cs, 0, sizeof(cs));
	cs.states = &states;
	ck_assert_int_eq(conn_table_open(&cs), 0);
}

static unsigned int longest_chain(void)
{
	unsigned int longest = 0;

	for (unsigned int i = 0; i < cs.buckets; i++) {
		unsigned int length = 0;

		for (struct conn *c = cs.bucket[i]; c; c = c->next)
			length++;
		longest = length > longest ? length : longest;
	}
	return longest;
}

START_TEST(each_of_many_is_found_until_it_is_freed)
{
	struct hf_tuple t;

	table_up();
	for (unsigned int i = 0; i < MANY; i++) {
		t = tuple(i);
		ck_assert_ptr_null(conn_find(&cs, &t));
		ck_assert_ptr_nonnull(conn_new(&cs, &t, HF_LISTEN));
	}
	ck_assert_uint_eq(cs.nr, MANY);
	ck_assert_uint_ge(cs.buckets, MANY);
	ck_assert_uint_le(longest_chain(), CHAIN_MAX);
	for (unsigned int i = 0; i < MANY; i++) {
		struct conn *c;

		t = tuple(i);
		c = conn_find(&cs, &t);
		ck_assert_ptr_nonnull(c);
		ck_assert_mem_eq(&c->tuple, &t, sizeof(t));
		conn_free(&cs, c);
		ck_assert_ptr_null(conn_find(&cs, &t));
	}
	ck_assert_uint_eq(cs.nr, 0);
	conn_table_close(&cs);
}
END_TEST

/* Who knows the chains of one table knows nothing of another one's. */
START_TEST(each_table_has_a_secret_of_its_own)
{
	__u64 before[2];
	int same = 0;

	table_up();
	memcpy(before, cs.secret, sizeof(before));
	for (unsigned int i = 0; i < 1000; i++) {
		struct hf_tuple t = tuple(i);
		struct conn *c = conn_new(&cs, &t, HF_LISTEN);
		unsigned int at = 0;

		while (cs.bucket[at] != c)
			at++;
		conn_free(&cs, c);
		cs.secret[0] ^= 1;
		c = conn_new(&cs, &t, HF_LISTEN);
		same += cs.bucket[at] == c;
		conn_free(&cs, c);
		cs.secret[0] ^= 1;
	}
	ck_assert_int_le(same, 10);
	conn_table_close(&cs);
	table_up();
	ck_assert_mem_ne(before, cs.secret, sizeof(before));
	conn_table_close(&cs);
}
END_TEST

START_TEST(a_leg_leads_to_its_connection)
{
	struct hf_tuple t = tuple(1);
	struct conn *c;

	table_up();
	c = conn_new(&cs, &t, HF_CLOSED);
	for (int i = 0; i < HF_LEG_NR; i++) {
		ck_assert_int_eq(c->leg[i].which, i);
		ck_assert_ptr_eq(leg_conn(&c->leg[i]), c);
	}
	ck_assert_int_eq(c->leg[HF_LEG_CLIENT].role, FSM_ACTIVE);
	ck_assert_int_eq(c->leg[HF_LEG_SERVER].role, FSM_NO_ROLE);
	conn_free(&cs, c);
	conn_table_close(&cs);
}
END_TEST

TEST_MAIN("conn", each_of_many_is_found_until_it_is_freed,
	  each_table_has_a_secret_of_its_own, a_leg_leads_to_its_connection)
