/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which handoff a service has, and why: as bpf/open/choice.bpf.h decides it. */
#ifndef HANDFAST_SERVICE_CHOICE_H
#define HANDFAST_SERVICE_CHOICE_H

#include "service_table.h"
#include "services.h"

/* HF_CHOICE_ASKED: it is that of its flags. FREE: reqsk. Any other: splice.
 * `asks`: hf_answer's. */
enum hf_choice service_choice(const struct services_view *v,
			      const struct service_entry *e, bool asks);

#endif
