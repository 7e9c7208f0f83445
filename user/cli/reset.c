// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a daemon does at its end, without one: see reset.h. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/flow_state.h"
#include "lib/log.h"
#include "lib/maps.h"
#include "lib/segment.h"
#include "reset.h"
#include "sys/netns.h"

struct resetting {
	struct maps maps;
	struct hf_control *control;	/* mapped */
	struct segment_sockets sockets;
	unsigned int ifindex[HF_IFACES_MAX];	/* whose connections */
	int ifaces;
	unsigned int nr;
};

static bool is_over(const struct hf_flow *f)
{
	for (int leg = 0; leg < HF_LEG_NR; leg++) {
		enum hf_state state = flow_state(f, leg);

		if (state != HF_CLOSED && state != HF_TIME_WAIT)
			return false;
	}
	return true;
}

/* Of an interface that was detached before all are reset. */
static void find_ifaces(struct resetting *r, unsigned int only)
{
	struct hf_iface row;

	for (__u32 i = 0; i < HF_IFACES_MAX; i++)
		if (!map_read(&r->maps, HF_MAP_IFACES, i, &row) &&
		    row.ifindex && (!only || row.ifindex == only))
			r->ifindex[r->ifaces++] = row.ifindex;
}

static bool is_by(const struct resetting *r, unsigned int ifindex)
{
	for (int i = 0; i < r->ifaces; i++)
		if (r->ifindex[i] == ifindex)
			return true;
	return false;
}

static int reset_one(const struct hf_tuple *t, const struct hf_flow *f,
		     void *arg)
{
	struct segment_splice to = { .tuple = t, .flow = f };
	struct resetting *r = arg;

	if (f->life & HF_LIFE_DYING || !flow_has_leg(f, HF_LEG_SERVER) ||
	    is_over(f) || map_read_splice(&r->maps, t, f, &to.splice) ||
	    !is_by(r, to.splice.ifindex))
		return 0;
	segment_spliced(&r->sockets, SEGMENT_RESET_CLIENT, &to);
	segment_spliced(&r->sockets, SEGMENT_RESET_SERVER, &to);
	r->nr++;
	return 0;
}

/* In the attached namespace; tc egress has to know our socket. */
static int reset_all(void *arg)
{
	struct resetting *r = arg;
	int err = segment_open(&r->sockets);

	if (err)
		return -err;
	r->control->inject_cookie = segment_inject_cookie(&r->sockets);
	for (int i = 0; i < SEGMENT_RESETS; i++) {
		r->nr = 0;
		map_for_each_flow(&r->maps, reset_one, r);
		if (!r->nr)
			break;
		usleep(SEGMENT_RESET_PAUSE_US);
	}
	if (r->nr)
		log_info("%u spliced connections were reset on both sides",
			 r->nr);
	segment_close(&r->sockets);
	return 0;
}

static int in_its_netns(struct resetting *r)
{
	struct netns_id id;
	struct hf_meta meta;
	int err = map_read(&r->maps, HF_MAP_META, 0, &meta);

	if (err)
		return err;
	id = (struct netns_id){ meta.netns_ino, meta.netns_cookie };
	return netns_call(&id, reset_all, r);
}

void reset_spliced(const char *name, unsigned int ifindex)
{
	struct resetting r = {};
	int err;

	if (maps_open(&r.maps, name))
		return;		/* none, or of another version */
	find_ifaces(&r, ifindex);
	r.control = mmap(NULL, sizeof(*r.control), PROT_READ | PROT_WRITE,
			 MAP_SHARED, r.maps.fd[HF_MAP_CONTROL], 0);
	err = r.control == MAP_FAILED ? errno : 0;
	if (!err) {
		if (!ifindex)
			r.control->armed = 0;
		err = in_its_netns(&r);
		munmap(r.control, sizeof(*r.control));
	}
	if (err)
		log_error("spliced connections cannot be reset: %s",
			  strerror(err < 0 ? -err : err));
	maps_close(&r.maps);
}
