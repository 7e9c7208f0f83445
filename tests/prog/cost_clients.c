// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Clients for the timed packets: no two alike, with right cookies. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "cost_run.h"
#include "handfast/splice.h"
#include "shake.h"

#define GOLDEN		2654435761U	/* 2^32 / golden ratio: spreads evenly */
#define CLIENT_NET	0x0b000000U	/* 11.0.0.0/8 */

static struct {
	struct cost_client *client;
	uint32_t max_flows, minted;
} all;

void clients_map(int fd, uint32_t max_flows)
{
	size_t bytes = (max_flows + COST_FRESH) * sizeof(*all.client);
	size_t page = sysconf(_SC_PAGESIZE);

	all.max_flows = max_flows;
	all.client = mmap(NULL, (bytes + page - 1) / page * page,
			  PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (all.client == MAP_FAILED) {
		perror("clients");
		exit(EXIT_FAILURE);
	}
}

uint32_t clients_first(bool ip6)
{
	return ip6 ? all.max_flows / 2 : 0;
}

uint32_t clients_fresh(void)
{
	return all.max_flows;
}

/* The client's SYN, as far as it names the handshake. */
static struct spec client_syn(const struct cost_client *c, bool ip6)
{
	struct spec syn = shake_linux(ip6);

	if (ip6) {
		memcpy(syn.client, client6, 12);
		memcpy(syn.client + 12, &c->addr, 4);
	} else {
		memcpy(syn.client, &c->addr, 4);
	}
	syn.client_port = ntohs(c->port);
	syn.seq = ntohl(c->seq) - 1;
	return syn;
}

static void client_mint(struct cost_client *c, bool ip6)
{
	struct cookie cookie = {
		.options = HF_OPT_TS | HF_OPT_SACK | HF_OPT_WSCALE,
		.profile = RIG_PROFILE,
		.terms = RIG_TERMS,
		.wscale = 7,
		.mss_class = cookie_mss_class(1460, true),
	};
	struct hf_keys keys = rig_keys(RIG_GENERATION);
	uint32_t spread = all.minted++ * GOLDEN;
	struct cookie_id id;
	struct spec syn;

	c->addr = htonl(ip6 ? spread : CLIENT_NET | spread >> 8);
	c->port = htons(1024 + rand() % 60000);
	c->seq = htonl(rand());
	syn = client_syn(c, ip6);
	id = shake_id(&syn);
	cookie_mint(&cookie, &id, &keys, RIG_NOW_MS);
	c->ack = htonl(cookie.iss + 1);
	c->tsecr = htonl(cookie.tsval);
}

void clients_mint(uint32_t first, uint32_t count, bool ip6)
{
	for (uint32_t i = first; i < first + count; i++)
		client_mint(&all.client[i], ip6);
}

void clients_shuffle(uint32_t first, uint32_t count)
{
	struct cost_client *c = all.client + first, swap;

	for (uint32_t i = count; i > 1; i--) {
		uint32_t with = rand() % i;

		swap = c[i - 1];
		c[i - 1] = c[with];
		c[with] = swap;
	}
}

/* A small difference, so that no number leaves its window. */
static void client_open(const struct spec *syn)
{
	struct hf_reap_arg arg = { .tuple = rig_tuple(syn),
				   .op = HF_REAP_CONFIRM };
	struct hf_splice s;
	struct hf_flow f;

	ck_assert(rig_flow(&cost_rig, syn, &f));
	ck_assert_int_eq(bpf_map_lookup_elem(cost_rig.splice, &arg.tuple, &s),
			 0);
	s.delta = 1000ULL << 32 | 2000;
	s.state = HF_SPLICE_LIVE | HF_SPLICE_HEARD;
	s.granted = s.options;
	s.server_wscale = s.our_wscale;
	ck_assert_int_eq(bpf_map_update_elem(cost_rig.splice, &arg.tuple, &s,
					     BPF_EXIST),
			 0);
	arg.life = f.life;
	rig_reap(&cost_rig, &arg);
	ck_assert(arg.done);
}

void clients_open(uint32_t first, uint32_t count, bool ip6)
{
	struct spec syn;

	for (uint32_t i = first; i < first + count; i++) {
		syn = client_syn(&all.client[i], ip6);
		client_open(&syn);
	}
}

void clients_remove(uint32_t first, uint32_t count, bool ip6)
{
	struct spec syn;

	for (uint32_t i = first; i < first + count; i++) {
		syn = client_syn(&all.client[i], ip6);
		rig_remove(&cost_rig, &syn);
	}
	/* time stands still: else all of them would be too many */
	rig_set_closed(&cost_rig, &(struct hf_closed_set){});
}
