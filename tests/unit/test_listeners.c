// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The list of sockets that listen, read in pieces: the kernel is made up, and has
 * a hundred sockets in each piece. A poll is 20 ms.
 */
#include "run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/service/listeners.h"

#define SOCKETS_MAX	16000
#define PIECE		100
#define POLL_MS		20

static struct {
	struct listener socket[SOCKETS_MAX];
	int sockets;
	int at;			/* of the reading that is on */
	int begun, pieces;
	int begin_err, piece_err;
	int open;		/* readings that are on */
	__u32 changes;
} kernel;

static struct listeners listeners;
static uint64_t now_ms;

/* The kernel. */

int listener_reading_begin(struct listener_reading *r)
{
	kernel.begun++;
	kernel.at = 0;
	if (kernel.begin_err)
		return kernel.begin_err;
	kernel.open++;
	r->nl = (void *)&kernel;
	return 0;
}

void listener_reading_end(struct listener_reading *r)
{
	kernel.open -= !!r->nl;
	r->nl = NULL;
}

int listener_reading_next(struct listener_reading *r, on_listener_fn fn,
			  void *arg)
{
	int end = kernel.at + PIECE;

	ck_assert_ptr_nonnull(r->nl);
	kernel.pieces++;
	while (kernel.at < end && kernel.at < kernel.sockets)
		fn(&kernel.socket[kernel.at++], arg);
	if (kernel.at < kernel.sockets && !kernel.piece_err)
		return 1;
	listener_reading_end(r);
	return kernel.piece_err;
}

/* The test. */

static void set_up(void)
{
	memset(&kernel, 0, sizeof(kernel));
	memset(&listeners, 0, sizeof(listeners));
	now_ms = 1000000;
}

static void tear_down(void)
{
	listeners_free(&listeners);
	ck_assert_int_eq(kernel.open, 0);
}

static struct listener *listens(uint16_t port)
{
	struct listener *l = &kernel.socket[kernel.sockets++];

	memset(l, 0, sizeof(*l));
	l->port = port;
	l->rcvbuf = 131072;
	l->sockets = 1;
	return l;
}

static void polls(int nr)
{
	for (int i = 0; i < nr; i++) {
		now_ms += POLL_MS;
		listeners_follow(&listeners, now_ms);
	}
}

/* So many pieces are read meanwhile. */
static int pieces_in(int seconds)
{
	int before = kernel.pieces;

	polls(seconds * 1000 / POLL_MS);
	return kernel.pieces - before;
}

START_TEST(the_first_reading_is_whole)
{
	for (int i = 0; i < 1000; i++)
		listens(2000 - i);
	ck_assert_int_eq(listeners_read(&listeners, now_ms), 0);
	ck_assert_int_eq(listeners.list.nr, 1000);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(listeners.list.at[i].port, 1001 + i);
}
END_TEST

START_TEST(sockets_of_one_address_and_port_are_one)
{
	struct listener *l;

	listens(80)->mptcp = true;
	listens(443);
	listens(80)->rcvbuf = 4096;
	listens(80)->md5 = true;
	listens(443)->v6only = true;
	inet_pton(AF_INET6, "::ffff:10.0.0.5", &listens(443)->addr);
	ck_assert_int_eq(listeners_read(&listeners, now_ms), 0);
	ck_assert_int_eq(listeners.list.nr, 4);
	l = &listeners.list.at[0];
	ck_assert_int_eq(l->port, 80);
	ck_assert_uint_eq(l->sockets, 3);
	ck_assert(l->mptcp && l->md5);
	ck_assert_uint_eq(l->rcvbuf, 4096);
	ck_assert_uint_eq(l[1].sockets, 1);
}
END_TEST

START_TEST(an_ordinary_machine_is_read_four_times_a_second)
{
	listens(80);
	listeners_read(&listeners, now_ms);
	polls(1);
	listens(81);
	polls(250 / POLL_MS);
	ck_assert_int_eq(listeners.list.nr, 2);
	ck_assert_int_ge(pieces_in(10), 40);
}
END_TEST

/* And with tracing now and then: options of sockets change silently. */
START_TEST(what_is_told_to_be_quiet_is_read_once_a_second)
{
	listeners.changes = &kernel.changes;
	listens(80);
	listeners_read(&listeners, now_ms);
	ck_assert_int_le(pieces_in(10), 11);
	kernel.socket[0].md5 = true;
	polls(1000 / POLL_MS);
	ck_assert(listeners.list.at[0].md5);
	listens(81);
	kernel.changes++;
	polls(2);
	ck_assert_int_eq(listeners.list.nr, 2);
}
END_TEST

/* 16000 sockets are 160 pieces; a poll with three of them is all of its share. */
START_TEST(many_sockets_are_read_a_few_at_a_time)
{
	int begun;

	for (int i = 0; i < SOCKETS_MAX; i++)
		listens(9000);
	listeners_read(&listeners, now_ms);
	ck_assert_int_le(pieces_in(60), 60 * 1000 / POLL_MS * 3 * 2 / 5);
	listeners.changes = &kernel.changes;
	ck_assert_int_le(pieces_in(60), 3 * SOCKETS_MAX / PIECE);
	for (int i = 0; i < 1000 / POLL_MS; i++) {
		begun = kernel.pieces;
		kernel.changes++;
		polls(1);
		ck_assert_int_le(kernel.pieces - begun, 3);
	}
	ck_assert_int_eq(listeners.list.nr, 1);
	ck_assert_uint_eq(listeners.list.at[0].sockets, SOCKETS_MAX);
}
END_TEST

/* What changed while it was read may have been behind it. */
START_TEST(a_change_during_a_reading_is_seen_by_the_next)
{
	listeners.changes = &kernel.changes;
	for (int i = 0; i < 1000; i++)
		listens(9000);
	listeners_read(&listeners, now_ms);
	kernel.changes++;
	polls(1);
	ck_assert_ptr_nonnull(listeners.reading.nl);
	kernel.socket[0].port = 80;
	kernel.changes++;
	polls(500 / POLL_MS);
	ck_assert_int_eq(listeners.list.nr, 2);
}
END_TEST

START_TEST(a_reading_that_fails_leaves_the_list_and_is_tried_again)
{
	listens(80);
	ck_assert_int_eq(listeners_read(&listeners, now_ms), 0);
	listeners.changes = &kernel.changes;
	listens(81);
	kernel.changes++;
	kernel.piece_err = -ENOMEM;
	polls(5);
	ck_assert_int_eq(listeners.err, -ENOMEM);
	kernel.piece_err = 0;
	kernel.begin_err = -EPERM;
	polls(20);
	ck_assert_int_eq(listeners.err, -EPERM);
	ck_assert_int_eq(listeners.list.nr, 1);
	kernel.begin_err = 0;
	polls(20);
	ck_assert_int_eq(listeners.err, 0);
	ck_assert_int_eq(listeners.list.nr, 2);
}
END_TEST

TEST_MAIN_WITH("listeners", set_up, tear_down, the_first_reading_is_whole,
	       sockets_of_one_address_and_port_are_one,
	       an_ordinary_machine_is_read_four_times_a_second,
	       what_is_told_to_be_quiet_is_read_once_a_second,
	       many_sockets_are_read_a_few_at_a_time,
	       a_change_during_a_reading_is_seen_by_the_next,
	       a_reading_that_fails_leaves_the_list_and_is_tried_again)
