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

/* How tc programs are attached. */
enum tc_mode {
	TC_AUTO,
	TC_TCX,			/* links, since Linux 6.6 */
	TC_CLSACT,		/* filters of a clsact qdisc */
	TC_MODE_NR,
};

extern const char *const xdp_names[XDP_MODE_NR];
extern const char *const tc_names[TC_MODE_NR];

#define CONFIG_SECTIONS_MAX	64
#define CONFIG_SPACES		" \t"

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

/* [service SPEC]: what it sets, and what holds there after reading. */
struct config_section {
	struct spec spec;
	unsigned int set;		/* bits of the keys in `own` */
	struct config_service own;
	struct config_service service;
};

struct config {
	char name[HF_NAME_MAX];
	char netns[HF_TEXT_MAX];	/* as given with -N, or empty */
	char ifaces[HF_IFACES_MAX][IFNAMSIZ];
	int ifaces_nr;
	bool ifaces_by_option;		/* not from the file */
	struct spec_list protect;	/* empty: all */
	struct spec_list exclude;
	int xdp;			/* enum xdp_mode */
	int tc;				/* enum tc_mode */
	int handoff;			/* enum hf_handoff; NONE: auto */
	bool sysctl_set;		/* write what the handoff needs */
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
	unsigned int tcp_syn_retries;	/* a gateway's */
	bool track_active;
	struct config_service service;	/* of those without a section */
	struct config_section section[CONFIG_SECTIONS_MAX];
	int sections;
	bool until_detached;		/* end with the last interface */
	bool to_syslog;
	unsigned int try_s;		/* interfaces of the command line are
					 * attached on trial */
	bool keep;			/* leave the data plane on exit */
	bool test;
};

void config_init(struct config *c);

/* What went wrong, for people. */
struct config_error {
	char text[384];
};

/* Set one key. 0, or -EINVAL with the error's text. */
int config_set(struct config *c, const char *key, const char *value,
	       struct config_error *e);

/* The same for a key of a [service SPEC]. */
int config_set_section(struct config_section *s, const char *key,
		       const char *value, struct config_error *e);

/* Say that a value is bad, and why. Returns -EINVAL. */
int config_bad(struct config_error *e, const char *key, const char *value,
	       const char *why);

/* Empty a list (protect, exclude, interfaces) before it is set anew. */
void config_clear(struct config *c, const char *key);

/* After file and options: what sections do not set is as in [handfast]. */
void config_resolve(struct config *c);

/* What holds for the service at an address and port. */
const struct config_service *config_service_of(const struct config *c,
					       const struct in6_addr *addr,
					       uint16_t port);

#endif
