// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who may be sent a SYN-ACK again: see budget.h. */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "budget.h"

void budget_renew(struct budget *b)
{
	memset(b, 0, sizeof(*b));
}

/* Of the /24 or /64. Who chooses his networks so that they share a cell has less. */
static __u16 *cell_of(struct budget *b, const struct hf_tuple *t)
{
	uint64_t network = (uint64_t)t->client[0] << 32 | t->client[1];

	if (!network && t->client[2] == htonl(0xffff))
		network = t->client[3] & htonl(0xffffff00);
	network *= 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio */
	return &b->cell[(network ^ network >> 32) % BUDGET_CELLS];
}

bool budget_take(struct budget *b, unsigned int rate, unsigned int before,
		 const struct hf_tuple *t)
{
	unsigned int most = before < 32 ? rate >> before : 0, part;
	__u16 *cell = cell_of(b, t);

	part = rate / BUDGET_PART;
	if (part > UINT16_MAX)
		part = UINT16_MAX;
	if (!part && rate)
		part = 1;
	if (b->used >= most || *cell >= part)
		return false;
	b->used++;
	++*cell;
	return true;
}
