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
#include <netinet/in.h>
#include <stdint.h>

#include "names.h"
#include "spec.h"

enum xdp_mode {
	XDP_AUTO,
	XDP_NATIVE,
	XDP_GENERIC,
	XDP_MODE_NR,
};

extern const char *const xdp_names[XDP_MODE_NR];

/* Timers and keepalive of a service; named as the kernel's sysctls. */
struct config_timers {
	unsigned int tcp_synack_retries;
	unsigned int tcp_fin_timeout_ms;
	unsigned int msl_ms;
	bool keepalive;
	unsigned int tcp_keepalive_time_ms;
	unsigned int tcp_keepalive_intvl_ms;
	unsigned int tcp_keepalive_probes;
};

struct config_service {
	int mode;			/* enum hf_mode */
	struct config_timers timers;
};

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
	unsigned int max_half_open;	/* 0: as many as flows, to a limit */
	unsigned int half_open_syn_rate;	/* SYNs per second */
	unsigned int reflect_rate;	/* SYN-ACKs repeated per second */
	unsigned int event_ring_bytes;	/* a power of two */
	bool track_active;
	struct config_service service;	/* of all */
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

/* What holds for the service at an address and port. */
const struct config_service *config_service_of(const struct config *c,
					       const struct in6_addr *addr,
					       uint16_t port);

#endif
