// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The brake of a service, in words: see brake.h. */
#include <stdio.h>

#include "brake.h"

int brake_why(const struct maps *m, __u32 service, __u32 now_ms,
	      char why[HF_TEXT_MAX])
{
	struct hf_brake b;
	__s32 left_ms;
	int err = map_read(m, HF_MAP_BRAKE, service, &b);

	why[0] = '\0';
	if (err || b.state == HF_BRAKE_OFF)
		return err;
	left_ms = b.retry_ms - now_ms;
	if (b.state == HF_BRAKE_TRYING)
		snprintf(why, HF_TEXT_MAX,
			 "tripped: validated handshakes became no sockets; "
			 "trying again now");
	else if (left_ms > 0)
		snprintf(why, HF_TEXT_MAX,
			 "tripped: validated handshakes became no sockets; "
			 "tries again in %d s",
			 (left_ms + 999) / 1000);
	else
		snprintf(why, HF_TEXT_MAX,
			 "tripped: validated handshakes became no sockets; "
			 "tries again with the next SYN");
	return 0;
}
