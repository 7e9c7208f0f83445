// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Memory for keys: see secret.h. */
#include <string.h>
#include <sys/mman.h>

#include "secret.h"

void *secret_alloc(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	mlock(p, bytes);	/* a limit may forbid it */
	if (!madvise(p, bytes, MADV_DONTDUMP) &&
	    !madvise(p, bytes, MADV_WIPEONFORK))
		return p;
	munmap(p, bytes);
	return NULL;
}

void secret_free(void *secret, size_t bytes)
{
	if (!secret)
		return;
	explicit_bzero(secret, bytes);
	munmap(secret, bytes);
}
