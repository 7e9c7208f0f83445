/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP options as members of an object, the same in each document. */
#ifndef HANDFAST_OPTIONS_JSON_H
#define HANDFAST_OPTIONS_JSON_H

#include "lib/abi.h"

/* null: HF_WSCALE_NONE. */
void json_wscale(const char *name, unsigned int shift);

/* "wscale", "sack", "timestamps", "ecn" of HF_OPT_*. */
void json_options(__u8 options, unsigned int wscale);

#endif
