/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which connections a command is asked about: --service and --client. */
#ifndef HANDFAST_FILTER_H
#define HANDFAST_FILTER_H

#include <stdbool.h>

#include "lib/abi.h"
#include "lib/failure.h"
#include "lib/spec.h"

struct filter {
	struct spec_list services;	/* empty: all */
	struct in6_addr client;		/* IPv4 as ::ffff:a.b.c.d */
	int client_bits;		/* of it that count; 0: any client */
};

/* What an option says; 0, or -1 with the failure. */
int filter_service(struct filter *filter, const char *specs, struct failure *f);
int filter_client(struct filter *filter, const char *addr, struct failure *f);
int filter_number(unsigned long *to, const char *option, const char *text,
		  struct failure *f);

bool filter_match(const struct filter *filter, const struct hf_tuple *t);

#endif
