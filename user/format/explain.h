/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* handfast explain, in sentences and as JSON. */
#ifndef HANDFAST_FORMAT_EXPLAIN_H
#define HANDFAST_FORMAT_EXPLAIN_H

#include "view/explain.h"

void explain_text(const struct explain_view *v);

/* Members of an object that is open. */
void explain_json(const struct explain_view *v);

#endif
