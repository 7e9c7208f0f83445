/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words of one verdict of the data plane, the same in every format. */
#ifndef HANDFAST_VERDICT_H
#define HANDFAST_VERDICT_H

#include <stddef.h>

#include "abi.h"

/* "1.2.3.4:80" or "[2001:db8::1]:80". */
void format_end(char *text, size_t size, const __be32 *addr, __be16 port);

const char *verdict_hook(const struct hf_trace *v);	/* "xdp" */
const char *verdict_name(const struct hf_trace *v);	/* "pass" */

/* "S." as tcpdump has them; at least 9 bytes. */
void verdict_flags(char *text, const struct hf_trace *v);

/* Name or number; at least IF_NAMESIZE bytes. */
void verdict_iface(char *text, const struct hf_trace *v);

#endif
