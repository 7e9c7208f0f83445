// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Services behind this host that answered: see found.h. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "found.h"
#include "lib/clock.h"
#include "services.h"

/* One look. */
struct looking {
	struct found_list *list;
	const struct found_view *v;
	int known;		/* so many at the list's head have a row, sorted */
};

static bool has_many_ports(const struct spec *s)
{
	return s->all || s->port_hi - s->port_lo >= WATCHED_PORTS_MAX;
}

static bool wants_more(const struct spec *s)
{
	return has_many_ports(s) || (spec_has_addr(s) && s->prefix < 128);
}

/* Of many ports some section may name a few: each is judged by itself. */
bool found_is_looked_for(const struct config *c, const struct spec *s)
{
	const struct config_service *own =
		spec_has_addr(s) ? config_service_of(c, &s->addr, s->port_lo)
				 : &c->service;

	return wants_more(s) && own->handoff != HF_HANDOFF_REQSK;
}

bool found_is_any_port(const struct config *c, const struct spec *s)
{
	return !spec_has_addr(s) && found_is_looked_for(c, s);
}

static bool any_is_looked_for(const struct config *c)
{
	const struct spec_list *l = config_protect(c);

	for (int i = 0; i < l->nr; i++)
		if (found_is_looked_for(c, &l->spec[i]))
			return true;
	return false;
}

/* One without address means this host's. */
static bool covers(const struct found_view *v, const struct spec *s,
		   const struct in6_addr *addr, uint16_t port)
{
	return wants_more(s) && spec_match(s, addr, port) &&
	       config_service_of(v->view->config, addr, port)->handoff !=
		       HF_HANDOFF_REQSK &&
	       (spec_has_addr(s) || addr_is_in(addr, v->addr, v->addrs));
}

static bool is_covered(const struct found_view *v,
		       const struct hf_service_key *key)
{
	const struct config *c = v->view->config;
	const struct spec_list *protect = config_protect(c);
	uint16_t port = ntohs(key->port);
	struct in6_addr addr;

	memcpy(&addr, key->addr, sizeof(addr));
	if (spec_list_match(&c->exclude, &addr, port))
		return false;
	for (int i = 0; i < protect->nr; i++)
		if (covers(v, &protect->spec[i], &addr, port))
			return true;
	return false;
}

static int key_cmp(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hf_service_key));
}

/* The key is the first member of a row of either table. */
static bool is_in(const void *row, int nr, size_t size,
		  const struct hf_service_key *key)
{
	return nr && bsearch(key, row, nr, size, key_cmp);
}

static bool is_wanted(const struct found_view *v,
		      const struct hf_service_key *key)
{
	return !is_in(v->now->entry, v->now->nr, sizeof(*v->now->entry), key) &&
	       is_covered(v, key);
}

/* It has a row: does it go on answering? */
static void look_known(struct looking *k, const struct service_entry *e)
{
	const struct service_rows *rows = &k->v->services->rows;
	const struct found_view *v = k->v;
	__u16 row = e->value.id;
	struct hf_answer a;
	__u32 silent_ms;

	if (e->rank != SERVICE_FOUND || e->value.flags & HF_SVC_LISTENING ||
	    rows_changed_hands(rows, row) || !is_wanted(v, &e->key) ||
	    map_read(&v->dp->maps, HF_MAP_ANSWERS, row, &a) || !a.seen_ms)
		return;
	silent_ms = clock_age_ms(a.seen_ms, v->view->now_ms);
	if (silent_ms >= HF_FOUND_SILENT_MS)
		return;
	k->list->at[k->list->nr++] = (struct found){
		.key = e->key,
		.row = row,
		.silent_ms = silent_ms,
	};
}

static int look_new(const struct hf_service_key *key, const struct hf_found *f,
		    void *arg)
{
	struct looking *k = arg;
	struct found_list *l = k->list;
	__u32 silent_ms = clock_age_ms(f->seen_ms, k->v->view->now_ms);

	if (silent_ms > HF_FOUND_FRESH_MS || !is_wanted(k->v, key) ||
	    is_in(l->at, k->known, sizeof(*l->at), key) ||
	    l->nr == k->known + (int)HF_FOUND_MAX)
		return 0;
	l->at[l->nr++] = (struct found){
		.key = *key,
		.options = f->options,
		.silent_ms = silent_ms,
	};
	return 0;
}

/* Which turn has it, where rows are few? */
static int turn(const struct found *f)
{
	if (!f->row)
		return 1;
	return f->silent_ms < HF_ANSWER_BELIEVED_MS ? 0 : 2;
}

static int turn_cmp(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int order = turn(x) - turn(y);

	if (order)
		return order;
	if (x->silent_ms != y->silent_ms)
		return x->silent_ms < y->silent_ms ? -1 : 1;
	return key_cmp(x, y);
}

static void limit(struct found_list *l)
{
	if (l->nr <= (int)HF_FOUND_ROWS_MAX)
		return;
	qsort(l->at, l->nr, sizeof(*l->at), turn_cmp);
	l->over = l->nr - HF_FOUND_ROWS_MAX;
	l->nr = HF_FOUND_ROWS_MAX;
}

int found_list_make(struct found_list *l, const struct found_view *v)
{
	const struct service_table *former = &v->services->table;
	struct looking k = { .list = l, .v = v };
	int err;

	memset(l, 0, sizeof(*l));
	if (!any_is_looked_for(v->view->config))
		return 0;
	l->at = calloc(former->nr + HF_FOUND_MAX, sizeof(*l->at));
	if (!l->at)
		return -ENOMEM;
	for (int i = 0; i < former->nr; i++)
		look_known(&k, &former->entry[i]);
	k.known = l->nr;
	err = map_for_each_found(&v->dp->maps, look_new, &k);
	if (err) {
		found_list_free(l);
		return err;
	}
	limit(l);
	return 0;
}

void found_list_free(struct found_list *l)
{
	free(l->at);
	memset(l, 0, sizeof(*l));
}

/* Its SYNs are answered from the first one on. */
void found_begin(const struct found *f, int row, const struct dataplane *dp,
		 __u32 now_ms)
{
	struct hf_answer a;

	if (map_read(&dp->maps, HF_MAP_ANSWERS, row, &a))
		return;
	a.seen_ms = now_ms - f->silent_ms ?: 1;
	a.ip4.passed_ms = a.ip6.passed_ms = a.seen_ms;
	a.options |= f->options;
	map_write(&dp->maps, HF_MAP_ANSWERS, row, &a);
}

void found_refuse(const struct found *f, const struct dataplane *dp)
{
	bpf_map_delete_elem(dp->maps.fd[HF_MAP_FOUND], &f->key);
	dataplane_note(dp, 0, HF_CNT_FOUND_NO_ROW);
}
