/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is a segment for a protected service? First a bit a port, then a hash of
 * (local address, port). "Any address" was expanded by the daemon to the local
 * ones, so that connections forwarded by this host are never taken for its own.
 */
#ifndef HANDFAST_SERVICE_BPF_H
#define HANDFAST_SERVICE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "handfast/answer.h"
#include "handfast/service.h"
#include "state/clock.bpf.h"
#include "state/maps.bpf.h"
#include "state/run.bpf.h"
#include "wire/packet.bpf.h"
#include "wire/tuple.bpf.h"

/* May some service have this port? */
static __always_inline bool service_has_port(__be16 be)
{
	__u16 port = bpf_ntohs(be);

	return ports.byte[port >> 3] & 1 << (port & 7);
}

static __always_inline void service_key_set(struct hf_service_key *key,
					    const struct hf_tuple *t)
{
	__builtin_memcpy(key->addr, t->server, sizeof(key->addr));
	key->port = t->server_port;
	key->pad = 0;
}

static __always_inline struct hf_service *service_of(const struct hf_tuple *t)
{
	struct hf_service_key key;

	service_key_set(&key, t);
	return bpf_map_lookup_elem(&services, &key);
}

/* The service itself, by a look-up: for tc, which asks rarely and writes. */
static __always_inline struct hf_service *service_find(struct packet *p)
{
	struct hf_service *svc = service_of(&p->tuple);

	if (svc)
		p->service = svc->id;
	return svc;
}

#define SERVICE_FULL_MS	50	/* how long one full accept queue is believed */

/* The application lets connections wait: until when, see tc's admission. */
static __always_inline bool service_is_full(struct hf_service *svc,
					    __u32 now_ms)
{
	if (!svc->full)
		return false;
	if (clock_age(now_ms, svc->full_until_ms - SERVICE_FULL_MS) <
	    SERVICE_FULL_MS)
		return true;
	svc->full = 0;
	return false;
}

static __always_inline void service_set_full(struct hf_service *svc,
					     __u32 now_ms)
{
	svc->full_until_ms = now_ms + SERVICE_FULL_MS;
	svc->full = 1;
	__sync_fetch_and_add(&phase.services_full, 1);
}

/*
 * Copies of the services that this CPU met last, so that a flood does not pay
 * for a look-up by a long key with each packet. A copy is good as long as
 * nobody wrote into `services`, which both sides count.
 */
#define SERVICE_COPIES	16	/* chosen by port and address */

/* What the general way found holds for others: open/fast.bpf.h. */
struct fast_at {
	__u32 now_ms;		/* at this time ... */
	__u16 iface;		/* ... for what comes in by this one ... */
	__u8 on;		/* ... if this is 1 */
	__u8 any_station;	/* 1: whatever MAC it is for; else for this: */
	__u64 station;		/* as hf_stations has it */
	__u32 nr;		/* that were, and are not in the rates yet */
	__u32 pad;
};

/* SYNs of the usual kind are answered, with these. */
struct fast_answer {
	struct fast_at at;
	struct hf_manner manner;
	struct hf_profile profile;
	__u16 handoff;
	__u16 grants;		/* HF_OPT_* */
};

/* ACKs of the usual kind, which prove nothing, are dropped. */
struct fast_refusal {
	struct fast_at at;
	__u32 behind;		/* 1: but not those of tuples that are marked,
				 * seen.bpf.h */
	__u32 pad;
};

struct service_copy {
	struct hf_service_key key;
	__u32 writes;		/* how many there were when it was made */
	struct hf_service value;
	__u32 pad;
	struct fast_answer answer4, answer6;	/* by the IP version */
	struct fast_at calm4, calm6;		/* SYNs of the usual kind pass */
	struct fast_refusal refusal4, refusal6;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SERVICE_COPIES);
	__type(key, __u32);
	__type(value, struct service_copy);
} service_copies SEC(".maps");

static __always_inline bool service_is_of(const struct service_copy *copy,
					  const struct hf_tuple *t)
{
	return copy->key.port == t->server_port &&
	       addr_is_same(copy->key.addr, t->server);
}

/* Where a copy of the tuple's service would be; never NULL. */
static __always_inline struct service_copy *
service_copy_of(const struct hf_tuple *t)
{
	__u32 slot = bpf_ntohs(t->server_port) ^ bpf_ntohl(t->server[3]);

	return MAP_AT(service_copies, slot % SERVICE_COPIES);
}

static __always_inline __u32 service_writes(void)
{
	return control.services_written + phase.services_full;
}

/* Is it of the packet's service, and as that is now? */
static __always_inline bool
service_copy_is_good(const struct run *r, const struct service_copy *copy)
{
	return copy->writes == service_writes() &&
	       service_is_of(copy, &r->packet->tuple);
}

/* A copy of the packet's service, for this packet, in r->copy. */
static __always_inline bool service_copy_find(struct run *r)
{
	struct packet *p = r->packet;
	struct service_copy *copy = service_copy_of(&p->tuple);
	__u32 writes = service_writes();
	struct hf_service *svc;

	if (!copy)
		return false;
	if (!service_copy_is_good(r, copy)) {
		svc = service_find(p);
		if (!svc)
			return false;
		service_is_full(svc, p->now_ms);	/* forgets a passed time */
		service_key_set(&copy->key, &p->tuple);
		copy->value = *svc;
		copy->writes = writes;
		copy->answer4.at.on = copy->answer6.at.on = 0;
		copy->calm4.on = copy->calm6.on = 0;
		copy->refusal4.at.on = copy->refusal6.at.on = 0;
	}
	p->service = copy->value.id;
	r->copy = copy;
	r->service = &copy->value;
	return true;
}

#endif
