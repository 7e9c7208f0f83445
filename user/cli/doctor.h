/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* handfast doctor: its checks, by topic. */
#ifndef HANDFAST_DOCTOR_H
#define HANDFAST_DOCTOR_H

#include <linux/ethtool.h>
#include <stdint.h>

#include "lib/abi.h"
#include "view/check.h"
#include "sys/link.h"

struct doctor {
	const char *name;	/* of the instance */
	bool root;		/* with the rights that handfast needs */
	enum hf_handoff handoff;	/* that the kernel gives */
	enum hf_mode mode;	/* of the instance, or the default */
	struct link_info *link;	/* all of the namespace */
	int links;
	struct check_list list;
};

/* One interface, and what its driver says. */
struct exam {
	const struct link_info *link;
	char driver[ETHTOOL_BUSINFO_LEN];	/* or empty */
	bool tells;		/* `features` are known */
	uint64_t features;	/* enum netdev_xdp_act */
	bool native;		/* as far as can be told */
};

/* Tables of checks, each ending with NULL. */
extern void (*const doctor_kernel[])(struct doctor *d);
extern void (*const doctor_namespace[])(struct doctor *d);
extern void (*const doctor_handoff[])(struct doctor *d);
extern void (*const doctor_interface[])(struct doctor *d, const struct exam *e);
extern void (*const doctor_stacking[])(struct doctor *d, const struct exam *e);

/* Root, and not a container's that may do nothing. */
bool doctor_has_rights(void);

/* Look at an interface, before the checks of its tables. */
void doctor_examine(struct exam *e, const struct link_info *link);

#endif
