// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Whose SYN-ACK is repeated when more are due than may be. */
#include <arpa/inet.h>

#include "run.h"
#include "daemon/conn/budget.h"

static struct budget b;

static struct hf_tuple client4(uint32_t addr)
{
	return (struct hf_tuple){
		.client = { 0, 0, htonl(0xffff), htonl(addr) },
	};
}

static struct hf_tuple client6(uint32_t network, uint32_t host)
{
	return (struct hf_tuple){
		.client = { htonl(0xfd000000), htonl(network), 0, htonl(host) },
	};
}

/* How many of `nr`, of a network each, to whom so many were sent before? */
static int taken(int nr, unsigned int rate, unsigned int before, uint32_t first)
{
	struct hf_tuple t;
	int all = 0;

	for (int i = 0; i < nr; i++) {
		t = client4(first + (i << 8));
		all += budget_take(&b, rate, before, &t);
	}
	return all;
}

START_TEST(first_ones_come_before_later_ones)
{
	budget_renew(&b);
	ck_assert_int_eq(taken(300, 100, 1, 0x0a000000), 50);
	ck_assert_int_eq(taken(300, 100, 2, 0x0b000000), 0);
	ck_assert_int_eq(taken(300, 100, 0, 0x0c000000), 50);
	ck_assert_int_eq(taken(300, 100, 0, 0x0d000000), 0);
	budget_renew(&b);
	ck_assert_int_eq(taken(300, 100, 5, 0x0a000000), 3);
	ck_assert_int_eq(taken(300, 100, 0, 0x0b000000), 97);
}
END_TEST

START_TEST(one_network_has_a_part)
{
	struct hf_tuple t;
	int all = 0;

	budget_renew(&b);
	for (int i = 0; i < 100; i++) {
		t = client4(0x0a000000 + i);
		all += budget_take(&b, 80, 0, &t);
	}
	ck_assert_int_eq(all, 10);
	for (int i = 0; i < 100; i++) {
		t = client6(7, i);
		all += budget_take(&b, 80, 0, &t);
	}
	ck_assert_int_eq(all, 20);
	t = client6(8, 1);
	ck_assert(budget_take(&b, 80, 0, &t));
}
END_TEST

START_TEST(little_is_shared_one_by_one)
{
	struct hf_tuple t = client4(0x0a000001);

	budget_renew(&b);
	ck_assert(!budget_take(&b, 0, 0, &t));
	ck_assert(budget_take(&b, 2, 0, &t));
	ck_assert(!budget_take(&b, 2, 0, &t));
	t = client4(0x0b000001);
	ck_assert(!budget_take(&b, 2, 1, &t));
	ck_assert(budget_take(&b, 2, 0, &t));
	t = client4(0x0c000001);
	ck_assert(!budget_take(&b, 2, 40, &t));
}
END_TEST

TEST_MAIN("budget", first_ones_come_before_later_ones, one_network_has_a_part,
	  little_is_shared_one_by_one)
