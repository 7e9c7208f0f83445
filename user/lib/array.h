/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Arrays that grow. */
#ifndef HANDFAST_ARRAY_H
#define HANDFAST_ARRAY_H

#include <stddef.h>

/* Room for one more than `nr` elements of `size`; `room` is 0 where there is no
 * array yet. NULL without memory, and the array is freed. */
void *array_grow(void *array, int nr, int *room, size_t size);

#endif
