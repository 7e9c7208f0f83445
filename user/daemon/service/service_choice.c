// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which handoff a service has: see service_choice.h. */
#include <netinet/in.h>
#include <string.h>

#include "service_choice.h"

static bool has_hooks(const struct services_view *v,
		      const struct service_entry *e)
{
	struct in6_addr addr;

	memcpy(&addr, e->key.addr, sizeof(addr));
	return v->hooks &
	       (IN6_IS_ADDR_V4MAPPED(&addr) ? HF_HOOKS_IP4 : HF_HOOKS_IP6);
}

enum hf_choice service_choice(const struct services_view *v,
			      const struct service_entry *e, bool asks)
{
	if (e->value.flags & (HF_SVC_REQSK | HF_SVC_SPLICE))
		return HF_CHOICE_ASKED;
	if (!(e->value.flags & HF_SVC_LISTENING))
		return HF_CHOICE_BEHIND;
	if (!v->reqsk)
		return HF_CHOICE_KERNEL;
	if (!v->syncookies)
		return HF_CHOICE_SYNCOOKIES;
	if (has_hooks(v, e))
		return HF_CHOICE_HOOKS;
	return asks ? HF_CHOICE_PROGRAM : HF_CHOICE_FREE;
}
