/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is a segment for a protected service? First a bit a port, then a hash of
 * (local address, port). "Any address" was expanded by the daemon to the local
 * ones, so that connections forwarded by this host are never taken for its own.
 */
#ifndef HANDFAST_SERVICE_BPF_H
#define HANDFAST_SERVICE_BPF_H

static __always_inline bool service_has_port(const struct packet *p)
{
	struct port_set *set = MAP_AT(ports, 0);
	__u16 port = bpf_ntohs(p->tuple.server_port);

	return set && set->byte[port >> 3] & 1 << (port & 7);
}

static __always_inline struct hf_service *service_find(struct packet *p)
{
	struct hf_service *svc;
	struct hf_service_key key = {
		.port = p->tuple.server_port,
	};

	__builtin_memcpy(key.addr, p->tuple.server, sizeof(key.addr));
	svc = bpf_map_lookup_elem(&services, &key);
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
}

#endif
