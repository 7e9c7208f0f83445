// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The sockets that listen: see listeners.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "listeners.h"

#define PIECES	3	/* with each poll: of 100 sockets, 0.2 ms each, and 0.4
			 * where 30000 share a port */

/* The pause after a reading: at least so long, and so many times as long as it
 * took. QUIET: it is told that nothing changed since. */
#define PAUSE_MS	160
#define PAUSES		3
#define QUIET_MS	900
#define QUIET_PAUSES	40

static int listener_cmp(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;

	if (x->port != y->port)
		return (int)x->port - (int)y->port;
	return memcmp(&x->addr, &y->addr, sizeof(x->addr))
		       ?: (int)x->v6only - (int)y->v6only;
}

static void on_listener(const struct listener *one, void *arg)
{
	struct listeners *l = arg;
	struct listener_list *next = &l->next;

	if (l->next_err)
		return;
	next->at = array_grow(next->at, next->nr, &next->room, sizeof(*one));
	if (next->at)
		next->at[next->nr++] = *one;
	else
		l->next_err = -ENOMEM;
}

/* What one of them cannot take, none is asked to. */
static void merge(struct listener *to, const struct listener *from)
{
	to->sockets += from->sockets;
	to->mptcp |= from->mptcp;
	to->md5 |= from->md5;
	if (from->rcvbuf < to->rcvbuf)
		to->rcvbuf = from->rcvbuf;
}

static void settle(struct listener_list *list)
{
	int to = 0;

	if (list->nr)
		qsort(list->at, list->nr, sizeof(*list->at), listener_cmp);
	for (int i = 0; i < list->nr; i++) {
		if (to && !listener_cmp(&list->at[to - 1], &list->at[i]))
			merge(&list->at[to - 1], &list->at[i]);
		else
			list->at[to++] = list->at[i];
	}
	list->nr = to;
}

static void list_free(struct listener_list *list)
{
	free(list->at);
	memset(list, 0, sizeof(*list));
}

/* `err` of the reading itself. */
static void end(struct listeners *l, int err, uint64_t now_ms)
{
	l->took_ms = now_ms - l->begun_ms;
	l->ended_ms = now_ms;
	l->err = err ?: l->next_err;
	if (l->err) {
		list_free(&l->next);
		return;
	}
	settle(&l->next);
	list_free(&l->list);
	l->list = l->next;
	memset(&l->next, 0, sizeof(l->next));
}

/* Does it go on after that? */
static bool read_piece(struct listeners *l, uint64_t now_ms)
{
	int more = listener_reading_next(&l->reading, on_listener, l);

	if (more > 0)
		return true;
	end(l, more, now_ms);
	return false;
}

static bool begin(struct listeners *l, uint64_t now_ms)
{
	int err = listener_reading_begin(&l->reading);

	l->begun_ms = now_ms;
	l->next_err = 0;
	l->known = l->changes ? *l->changes : 0;
	if (err)
		end(l, err, now_ms);
	return !err;
}

int listeners_read(struct listeners *l, uint64_t now_ms)
{
	bool on = begin(l, now_ms);

	while (on)
		on = read_piece(l, now_ms);
	return l->err;
}

static bool is_due(const struct listeners *l, uint64_t now_ms)
{
	uint64_t rests_ms = now_ms - l->ended_ms;

	if (l->changes && *l->changes == l->known && !l->err)
		return rests_ms >= QUIET_MS &&
		       rests_ms >= QUIET_PAUSES * l->took_ms;
	return (l->changes || rests_ms >= PAUSE_MS) &&
	       rests_ms >= PAUSES * l->took_ms;
}

void listeners_follow(struct listeners *l, uint64_t now_ms)
{
	bool on = l->reading.nl;

	if (!on && is_due(l, now_ms))
		on = begin(l, now_ms);
	for (int i = 0; on && i < PIECES; i++)
		on = read_piece(l, now_ms);
}

void listeners_free(struct listeners *l)
{
	listener_reading_end(&l->reading);
	list_free(&l->list);
	list_free(&l->next);
}
