/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which connections a command is asked about: --service and --client. */
#ifndef HANDFAST_FILTER_H
#define HANDFAST_FILTER_H

#include <stdbool.h>

#include "lib/abi.h"
#include "cli.h"
#include "lib/spec.h"

struct filter {
	struct spec_list services;	/* empty: all */
	struct in6_addr client;		/* IPv4 as ::ffff:a.b.c.d */
	bool by_client;
};

enum cli_exit filter_service(struct filter *f, const char *specs);
enum cli_exit filter_client(struct filter *f, const char *addr);

bool filter_match(const struct filter *f, const struct hf_tuple *t);

/* The number behind --`option`. */
enum cli_exit take_number(unsigned long *to, const char *option,
			  const char *text);

#endif
