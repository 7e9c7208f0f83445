/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* handfast doctor: its checks, by topic. */
#ifndef HANDFAST_DOCTOR_H
#define HANDFAST_DOCTOR_H

#include <json-c/json.h>
#include <linux/ethtool.h>
#include <stdint.h>

#include "lib/abi.h"
#include "view/check.h"
#include "sys/link.h"

struct doctor {
	const char *name;	/* of the instance */
	bool root;		/* with the rights that handfast needs */
	enum hf_handoff handoff;	/* that the kernel gives */
	struct link_info *link;	/* all of the namespace */
	int links;
	json_object *rules;	/* rules_read(), or NULL */
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
extern void (*const doctor_netfilter[])(struct doctor *d);
extern void (*const doctor_netfilter_spliced[])(struct doctor *d);
extern void (*const doctor_interface[])(struct doctor *d, const struct exam *e);
extern void (*const doctor_stacking[])(struct doctor *d, const struct exam *e);

/* Root, and not a container's that may do nothing. */
bool doctor_has_rights(void);

/* Look at an interface, before the checks of its tables. */
void doctor_examine(struct exam *e, const struct link_info *link);

/*
 * Do rules drop a connection of which conntrack has not seen the SYN? CHECK_OK,
 * CHECK_FAIL, or CHECK_WARN where that depends on what else a rule matches;
 * `where` is then "FAMILY TABLE CHAIN".
 */
enum check_level rules_drop_unseen(json_object *rules, char where[128]);

/* Does any rule make conntrack look at packets? */
bool rules_use_conntrack(json_object *rules);

#endif
