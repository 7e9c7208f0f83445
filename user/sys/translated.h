/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ports whose packets netfilter sends elsewhere before any socket sees them:
 * published ports of containers, redirects, transparent proxies. A wildcard
 * listener may stand on the same number; its SYNs are not ours to answer.
 */
#ifndef HANDFAST_TRANSLATED_H
#define HANDFAST_TRANSLATED_H

#include <libmnl/libmnl.h>
#include <stdbool.h>

#include "rules.h"
#include "lib/spec.h"

struct translated {
	struct spec_list list;		/* what is sent elsewhere */
	struct nft_ctx *nft;		/* NULL: no nftables here */
	struct mnl_socket *changes;	/* NULL: look every time */
	bool said;			/* a failure was logged */
	bool looked;
};

/* What these rules (rules_read) send elsewhere. */
void translated_read(json_object *items, struct spec_list *list);

void translated_open(struct translated *t);

/* Read the rules again if they changed since the last time. */
void translated_follow(struct translated *t);

void translated_close(struct translated *t);

#endif
