// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What this process may do: see capability.h. */
#include <cap-ng.h>
#include <stdio.h>
#include <string.h>

#include "capability.h"

static const struct {
	const char *name;
	unsigned int nr;
} needed[] = {
	{ "CAP_BPF", CAP_BPF },
	{ "CAP_NET_ADMIN", CAP_NET_ADMIN },
	{ "CAP_NET_RAW", CAP_NET_RAW },
	{ "CAP_PERFMON", CAP_PERFMON },
};

/* CAP_SYS_ADMIN, which the kernel takes for some of them, is given up once the
 * daemon has attached. */
bool capability_missing(char text[CAPABILITY_TEXT_MAX])
{
	size_t len = 0;

	text[0] = '\0';
	if (capng_get_caps_process())
		return false;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!capng_have_capability(CAPNG_EFFECTIVE, needed[i].nr))
			len += snprintf(text + len, CAPABILITY_TEXT_MAX - len,
					"%s%s", len ? ", " : "",
					needed[i].name);
	return len > 0;
}

bool capability_sys_admin(void)
{
	return !capng_get_caps_process() &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN);
}
