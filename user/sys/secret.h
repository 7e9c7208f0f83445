/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory for keys: not in a core file, not in swap, not in a child. */
#ifndef HANDFAST_SECRET_H
#define HANDFAST_SECRET_H

#include <stddef.h>

/* Zeroed, or NULL with errno. */
void *secret_alloc(size_t bytes);
void secret_free(void *secret, size_t bytes);

#endif
