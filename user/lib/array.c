// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Arrays that grow: see array.h. */
#include <stdlib.h>

#include "array.h"

#define ROOM_AT_FIRST	64

void *array_grow(void *array, int nr, int *room, size_t size)
{
	void *bigger;

	if (nr < *room)
		return array;
	*room = *room ? *room * 2 : ROOM_AT_FIRST;
	bigger = reallocarray(array, *room, size);
	if (!bigger)
		free(array);
	return bigger;
}
