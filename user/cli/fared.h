/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How clients of a lab fared under its flood, as text and JSON. */
#ifndef HANDFAST_FARED_H
#define HANDFAST_FARED_H

#include "format/output.h"
#include "lab/run.h"

/* For run_asked.fn: a line, or none; false: its reader is gone. */
bool fared_say_second(const struct run_sums *is, const struct run_sums *was);
bool fared_say_nothing(const struct run_sums *is, const struct run_sums *was);

/* At the end. `name`: of the instance. */
void fared_say_sums(const struct run_sums *s);
void fared_emit_sums(const struct output *out, const char *name,
		     const struct run_sums *s);

#endif
