/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An instance in ten lines, the last one a sentence: what `handfast` alone prints. */
#ifndef HANDFAST_BRIEF_H
#define HANDFAST_BRIEF_H

#include "view/top.h"

/* `v` may have had one look only; then no rate of a service is known. */
void brief_text(const struct instance *i, const struct top_view *v);

#endif
