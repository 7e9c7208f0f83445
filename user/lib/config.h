/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Configuration: command line over file over default. Each key is set by the
 * same function, whether it stands in the file, behind -o, or has an option of
 * its own.
 */
#ifndef HANDFAST_CONFIG_H
#define HANDFAST_CONFIG_H

#include <limits.h>
#include <net/if.h>

#include "names.h"
#include "spec.h"

enum xdp_mode {
	XDP_AUTO,
	XDP_NATIVE,
	XDP_GENERIC,
	XDP_MODE_NR,
};

extern const char *const xdp_names[XDP_MODE_NR];

struct config {
	char name[HF_NAME_MAX];
	char netns[HF_TEXT_MAX];	/* as given with -N, or empty */
	char ifaces[HF_IFACES_MAX][IFNAMSIZ];
	int ifaces_nr;
	struct spec_list protect;	/* empty: all */
	struct spec_list exclude;
	int mode;			/* enum hf_mode */
	int xdp;			/* enum xdp_mode */
	unsigned int max_flows;		/* 0: by the machine's memory */
	unsigned int flood_syn_rate;	/* SYNs per second */
	unsigned int flood_hold_ms;
	unsigned int drain_ms;
	unsigned int orphan_ms;
	unsigned int key_rotate_s;
	bool until_detached;		/* end with the last interface */
	bool to_syslog;
	bool keep;			/* leave the data plane on exit */
	bool test;
};

void config_init(struct config *c);

/* What went wrong, for people. */
struct config_error {
	char text[256];
};

/* Set one key. 0, or -EINVAL with the error's text. */
int config_set(struct config *c, const char *key, const char *value,
	       struct config_error *e);

/* Read [handfast] of a file. 0, -ENOENT, or -EINVAL with "file:line: ...". */
int config_read(struct config *c, const char *path, struct config_error *e);

#endif
