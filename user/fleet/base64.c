// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Base64: see base64.h. */
#include <stdint.h>
#include <string.h>

#include "base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_put(char *to, const void *from, size_t len)
{
	const uint8_t *byte = from;
	uint32_t bits;

	for (size_t i = 0; i < len; i += 3) {
		bits = byte[i] << 16;
		if (i + 1 < len)
			bits |= byte[i + 1] << 8;
		if (i + 2 < len)
			bits |= byte[i + 2];
		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = i + 1 < len ? digits[bits >> 6 & 63] : '=';
		*to++ = i + 2 < len ? digits[bits & 63] : '=';
	}
	*to = '\0';
}

/* Four digits, of which the last two may be '='. How many bytes, or -1. */
static int get_four(uint8_t byte[3], const char *four)
{
	int nr = four[2] == '=' && four[3] == '=' ? 1 : four[3] == '=' ? 2 : 3;
	uint32_t bits = 0;
	const char *at;

	for (int i = 0; i < 4; i++) {
		at = i <= nr ? strchr(digits, four[i]) : digits;
		if (!at)
			return -1;
		bits = bits << 6 | (at - digits);
	}
	byte[0] = bits >> 16;
	byte[1] = bits >> 8;
	byte[2] = bits;
	return nr;
}

long base64_get(void *to, size_t size, const char *from)
{
	size_t len = strlen(from), done = 0;
	uint8_t byte[3];
	int nr = 3;

	if (len % 4)
		return -1;
	for (; *from; from += 4) {
		if (nr < 3)	/* the end was before */
			return -1;
		nr = get_four(byte, from);
		if (nr < 0 || done + nr > size)
			return -1;
		memcpy((char *)to + done, byte, nr);
		done += nr;
	}
	return done;
}
