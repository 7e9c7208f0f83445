/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Base64 (RFC 4648 4), in which etcd's JSON has keys and values. */
#ifndef HANDFAST_BASE64_H
#define HANDFAST_BASE64_H

#include <stddef.h>

#define BASE64_LEN(bytes) (((bytes) + 2) / 3 * 4)

/* `to` has room for BASE64_LEN(len) + 1. */
void base64_put(char *to, const void *from, size_t len);

/* At most `size` bytes; how many, or -1: it is none, or does not fit. */
long base64_get(void *to, size_t size, const char *from);

#endif
