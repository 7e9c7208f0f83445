/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The capabilities that a daemon is started with. */
#ifndef HANDFAST_CAPABILITY_H
#define HANDFAST_CAPABILITY_H

#include <stdbool.h>

#define CAPABILITY_TEXT_MAX	64

/* Where they are given, and one more: " CAP_X", or "". */
#define CAPABILITY_CURE(more) \
	"CapabilityBoundingSet=CAP_BPF CAP_NET_ADMIN CAP_NET_RAW " \
	"CAP_PERFMON" more " in its unit, or --cap-add of its container"

/* Those that this process has not: "CAP_BPF, CAP_NET_RAW". False: it has all. */
bool capability_missing(char text[CAPABILITY_TEXT_MAX]);

/* Libbpf before 1.4 looks for what a kernel lacks in its modules, with this. */
bool capability_sys_admin(void);

#endif
