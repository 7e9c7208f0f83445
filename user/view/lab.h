/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A lab, and what came of its flood so far. */
#ifndef HANDFAST_VIEW_LAB_H
#define HANDFAST_VIEW_LAB_H

#include <stdint.h>

struct lab_place {
	const char *instance;	/* that is to protect it */
	const char *option;	/* how its commands name that one, or "" */
	const char *server, *client, *flooder; /* its namespaces; NULL: none */
};

struct lab_view {
	uint64_t at_us;		/* since it began */
	uint64_t sent;		/* SYNs */
	uint64_t served, failed;	/* clients */
	uint64_t slowest_us;	/* of those that were served */
};

#endif
