/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A connection's tuple: its address family, and its ends in words. */
#ifndef HANDFAST_TUPLE_H
#define HANDFAST_TUPLE_H

#include <stdbool.h>

#include "abi.h"

#define TUPLE_END_MAX	64	/* bytes of one end */

bool tuple_is_ip4(const struct hf_tuple *t);

/* Is one end fe80::/10? Then the interface belongs to the connection's name. */
bool tuple_is_link_local(const struct hf_tuple *t);

/* "1.2.3.4:80" or "[2001:db8::1]:80". */
void tuple_client(char text[TUPLE_END_MAX], const struct hf_tuple *t);
void tuple_server(char text[TUPLE_END_MAX], const struct hf_tuple *t);

#endif
