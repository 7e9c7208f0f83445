/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Configuration: command line over file over default. Each key is one row of
 * config_keys: the file, -o, options with a letter, --help, a reload, the
 * manual and the JSON of `handfast status` read it.
 */
#ifndef HANDFAST_CONFIG_H
#define HANDFAST_CONFIG_H

#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
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

#define CONFIG_SECTIONS_MAX	64
#define CONFIG_SPACES		" \t"
#define CONFIG_GROUP_MAX	32	/* Linux's own limit, with the NUL */
#define CONFIG_TEXT_MAX		HF_TEXT_MAX /* one value as text, with the NUL */

/* Timers and keepalive of a service; named as the kernel's sysctls. */
struct config_timers {
	unsigned int tcp_synack_retries;
	unsigned int tcp_syn_retries;	/* of a splice */
	unsigned int tcp_fin_timeout_ms;
	unsigned int msl_ms;
	bool keepalive;
	unsigned int tcp_keepalive_time_ms;
	unsigned int tcp_keepalive_intvl_ms;
	unsigned int tcp_keepalive_probes;
};

struct config_service {
	int mode;			/* enum hf_mode */
	int handoff;			/* enum hf_handoff; NONE: auto */
	struct config_timers timers;
};

struct config_ifaces {
	char name[HF_IFACES_MAX][IFNAMSIZ];
	int nr;
};

/* [service SPEC]: what it sets, and what holds there after reading. */
struct config_section {
	struct spec spec;
	uint64_t set;			/* rows of config_keys in `own`, a bit
					 * each */
	struct config_service own;
	struct config_service service;
};

struct config {
	char name[HF_NAME_MAX];
	char netns[HF_TEXT_MAX];	/* as given with -N, or empty */
	struct config_ifaces ifaces;
	bool ifaces_by_option;		/* not from the file */
	struct spec_list protect;	/* empty: all */
	struct spec_list exclude;
	int xdp;			/* enum xdp_mode */
	int tc;				/* enum tc_mode */
	unsigned int max_flows;		/* 0: by the machine's memory */
	unsigned int flood_syn_rate;	/* SYNs per second */
	unsigned int flood_ack_rate;	/* segments that prove nothing */
	unsigned int flood_hold_ms;
	unsigned int forgery_budget;	/* connections per hour; 0: any */
	unsigned int drain_ms;
	unsigned int drain_splice_ms;
	unsigned int behind_idle_ms;
	unsigned int learn_ms;
	unsigned int orphan_ms;
	char key_file[HF_TEXT_MAX];	/* absolute, or empty */
	unsigned int key_rotate_ms;
	unsigned int max_half_open;	/* 0: as many as flows, to a limit */
	unsigned int half_open_syn_rate;	/* SYNs per second */
	unsigned int reflect_rate;	/* SYN-ACKs repeated per second */
	unsigned int event_ring_bytes;	/* a power of two */
	bool track_active;
	char metrics[HF_TEXT_MAX];	/* endpoint, or "off" */
	char control_group[CONFIG_GROUP_MAX];	/* empty: root alone */
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

enum config_type {
	CONFIG_WORD,			/* int: the value of one of `words` */
	CONFIG_FLAG,			/* bool: yes no on off true false */
	CONFIG_NUMBER,			/* unsigned int */
	CONFIG_SECONDS,			/* unsigned int, ms; decimals */
	CONFIG_SPECS,			/* struct spec_list; adds to it */
	CONFIG_IFACES,			/* config.ifaces; adds to them */
	CONFIG_PATH,			/* char[HF_TEXT_MAX]; absolute, or "" */
	CONFIG_ENDPOINT,		/* char[HF_TEXT_MAX]; or "off" */
	CONFIG_GROUP,			/* char [CONFIG_GROUP_MAX]: of this
					 * machine, or empty */
};

#define CONFIG_SERVICE		0x01	/* [service SPEC] may set it, too */
#define CONFIG_RESTART		0x02	/* takes effect at the next start */
#define CONFIG_OR_ZERO		0x04	/* 0 is allowed below `min` */
#define CONFIG_POWER_OF_2	0x08

struct config_word {
	const char *name;		/* NULL: the end */
	int value;
};

struct config_key {
	const char *name;
	enum config_type type;
	unsigned int flags;		/* CONFIG_* */
	char letter;			/* of its option, or 0 */
	size_t offset;			/* of struct config */
	double min, max;		/* of a number, as in the file */
	const struct config_word *words;
	const char *standard;		/* default, as in the file; "" if none */
	const char *standard_is;	/* the same in words, or NULL */
	const char *help;
};

extern const struct config_key config_keys[];	/* ends with name NULL */

/* NULL if there is none of that name. */
const struct config_key *config_find(const char *name);

/* All defaults. Padding is zero: configurations are compared whole. */
void config_init(struct config *c);

/* What went wrong, for people. */
struct config_error {
	char text[384];
};

/* The value as text, as the file has it; of a list its nth (NULL: no more). */
const char *config_text(const struct config *c, const struct config_key *k,
			int nth, char text[CONFIG_TEXT_MAX]);

/* Has the key the same value in both? */
bool config_same(const struct config *a, const struct config *b,
		 const struct config_key *k);
void config_copy(struct config *to, const struct config *from,
		 const struct config_key *k);

/* Set one key. 0, or with the error's text -EINVAL, or -ENOENT: this machine has
 * no such thing. */
int config_set(struct config *c, const char *key, const char *value,
	       struct config_error *e);

/* The same for a key of a [service SPEC]. */
int config_set_section(struct config_section *s, const char *key,
		       const char *value, struct config_error *e);

/* Say that a value is bad, and why. Returns -EINVAL. */
int config_bad(struct config_error *e, const char *key, const char *value,
	       const char *why);

/* What was set last counts for all services, whatever their sections say. */
void config_overrule(struct config *c, const struct config_key *k);

/* Make a list empty before it is set anew. */
void config_clear(struct config *c, const struct config_key *k);

/* After file and options: what sections do not set is as in [handfast]. */
void config_resolve(struct config *c);

/* What is to be protected; without a SPEC it is `all`. */
const struct spec_list *config_protect(const struct config *c);

/* Is the handoff reqsk asked for, by all or by a section? */
bool config_wants_reqsk(const struct config *c);

/* What holds for the service at an address and port. */
const struct config_service *config_service_of(const struct config *c,
					       const struct in6_addr *addr,
					       uint16_t port);

#endif
