/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many SYN-ACKs may be repeated in a second, and whose. Whoever spoofs SYNs
 * leaves each of them for ever unanswered, and so asks for every repetition there is;
 * a client whose third segment was lost mostly needs one. So first repetitions come
 * before later ones, and no client network has more than a part.
 */
#ifndef HANDFAST_CONN_BUDGET_H
#define HANDFAST_CONN_BUDGET_H

#include <stdbool.h>

#include "lib/abi.h"

#define BUDGET_CELLS 4096 /* client networks share them */
#define BUDGET_PART 8	  /* of all is the most that one of them may have */

struct budget {
	unsigned int used; /* in this second */
	__u16 cell[BUDGET_CELLS];
};

/* Another second begins. */
void budget_renew(struct budget *b);

/*
 * May one more be repeated to the tuple's client, to whom `before` were? With a rate
 * of N a second, N first ones may, while fewer than N/2 were all second ones, while
 * fewer than N/4 all third ones, and so on. True: it is counted.
 */
bool budget_take(struct budget *b, unsigned int rate, unsigned int before,
		 const struct hf_tuple *t);

#endif
