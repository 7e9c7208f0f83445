// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Configuration: one table of keys, for file and command line. */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

const char *const xdp_names[XDP_MODE_NR] = {
	[XDP_AUTO] = "auto",
	[XDP_NATIVE] = "native",
	[XDP_GENERIC] = "generic",
};

const char *const tc_names[TC_MODE_NR] = {
	[TC_AUTO] = "auto",
	[TC_TCX] = "tcx",
	[TC_CLSACT] = "clsact",
};

/* Modes that this version runs; the others have names already. */
static const char *const modes_known[] = { "always", "off", NULL };
static const char *const placements[] = { "host", NULL };
static const char *const handoffs[] = { "auto", "reqsk", "kernel-cookie",
					NULL };
static const char *const sysctl_words[] = { "check", "set", NULL };

void config_init(struct config *c)
{
	struct config_timers *t = &c->service.timers;

	memset(c, 0, sizeof(*c));
	strcpy(c->name, "default");
	c->xdp = XDP_AUTO;
	c->flood_syn_rate = 10000;
	c->flood_hold_ms = 10000;
	c->drain_ms = 3000;
	c->orphan_ms = 600000;
	c->key_rotate_s = 3600;
	c->half_open_syn_rate = 1000;
	c->reflect_rate = 1000;
	c->event_ring_bytes = 1 << 20;
	c->tcp_syn_retries = 5;
	c->service.mode = HF_MODE_ALWAYS;
	/* one by one: padding stays zero, configurations are compared whole */
	t->tcp_synack_retries = 5;
	t->tcp_fin_timeout_ms = 60000;
	t->msl_ms = 30000;
	t->tcp_keepalive_time_ms = 7200000;
	t->tcp_keepalive_intvl_ms = 75000;
	t->tcp_keepalive_probes = 10;
}

int config_bad(struct config_error *e, const char *key, const char *value,
	       const char *why)
{
	snprintf(e->text, sizeof(e->text), "%s: '%.64s': %s", key, value, why);
	return -EINVAL;
}

static int set_word(struct config_error *e, const char *key, const char *value,
		    const char *const *words)
{
	char why[128] = "not one of";

	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], value))
			return 0;
	for (int i = 0; words[i]; i++) {
		strcat(why, i ? ", " : " ");
		strcat(why, words[i]);
	}
	return config_bad(e, key, value, why);
}

/* A key with a number: where it goes, its factor, its range in the file. */
struct number_key {
	const char *name;
	size_t offset;
	double scale, min, max;
};

/* A plain number, or seconds with decimals into milliseconds. */
static int set_number(void *base, const struct number_key *k,
		      struct config_error *e, const char *value)
{
	char why[80], *end;
	double n;

	errno = 0;
	n = strtod(value, &end);
	if (end == value || *end || errno || !(n >= k->min) || n > k->max) {
		snprintf(why, sizeof(why), "not a number from %.10g to %.10g",
			 k->min, k->max);
		return config_bad(e, k->name, value, why);
	}
	if (k->scale == 1 && n != floor(n))
		return config_bad(e, k->name, value, "not a whole number");
	*(unsigned int *)((char *)base + k->offset) = llround(n * k->scale);
	return 0;
}

static int set_specs(struct spec_list *list, struct config_error *e,
		     const char *key, const char *value)
{
	const char *at;
	int err = spec_list_add(list, value, &at);

	if (err == -E2BIG)
		return config_bad(e, key, value, "too many SPECs");
	if (err)
		return config_bad(
			e, key, at,
			"not a SPEC like 443, 8000-8010, 10.0.0.5:443, "
			"[2001:db8::5]:443, *:443 or all");
	return 0;
}

static int set_ifaces(struct config *c, struct config_error *e,
		      const char *value)
{
	const char *at = value;
	size_t len, name;

	do {
		at += strspn(at, CONFIG_SPACES);
		len = strcspn(at, ",");
		for (name = len; name && strchr(CONFIG_SPACES, at[name - 1]);)
			name--;
		if (!name || name >= IFNAMSIZ || memchr(at, ' ', name))
			return config_bad(e, "interfaces", value,
					  "not an interface name");
		if (c->ifaces_nr >= HF_IFACES_MAX)
			return config_bad(e, "interfaces", value, "too many");
		memcpy(c->ifaces[c->ifaces_nr], at, name);
		c->ifaces[c->ifaces_nr++][name] = '\0';
		at += len;
	} while (*at++ == ',');
	return 0;
}

static int set_mode(int *to, struct config_error *e, const char *value)
{
	if (set_word(e, "mode", value, modes_known))
		return -EINVAL;
	*to = name_find(mode_names, HF_MODE_NR, value);
	return 0;
}

static int set_bool(bool *to, struct config_error *e, const char *key,
		    const char *value)
{
	static const char *const words[] = { "no",    "yes",  "off", "on",
					     "false", "true", NULL };

	if (set_word(e, key, value, words))
		return -EINVAL;
	*to = name_find(words, 6, value) & 1;
	return 0;
}

static int set_xdp(struct config *c, struct config_error *e, const char *value)
{
	int mode = name_find(xdp_names, XDP_MODE_NR, value);

	if (mode < 0)
		return config_bad(e, "xdp", value,
				  "not one of auto, native, generic");
	c->xdp = mode;
	return 0;
}

static int set_tc(struct config *c, struct config_error *e, const char *value)
{
	int mode = name_find(tc_names, TC_MODE_NR, value);

	if (mode < 0)
		return config_bad(e, "tc", value,
				  "not one of auto, tcx, clsact");
	c->tc = mode;
	return 0;
}

static int set_handoff(struct config *c, struct config_error *e,
		       const char *value)
{
	int kind;

	if (set_word(e, "handoff", value, handoffs))
		return -EINVAL;
	kind = name_find(handoff_names, HF_HANDOFF_NR, value);
	c->handoff = kind < 0 ? HF_HANDOFF_NONE : kind;
	return 0;
}

static int set_sysctl(struct config *c, struct config_error *e,
		      const char *value)
{
	if (set_word(e, "sysctl", value, sysctl_words))
		return -EINVAL;
	c->sysctl_set = !strcmp(value, "set");
	return 0;
}

#define OWN(name)	offsetof(struct config, name)
#define TIMER(name)	offsetof(struct config_service, timers.name)

static const struct number_key number_keys[] = {
	{ "max_flows", OWN(max_flows), 1, 0, 1 << 26 },
	{ "flood_syn_rate", OWN(flood_syn_rate), 1, 0, 1e9 },
	{ "flood_hold_s", OWN(flood_hold_ms), 1e3, 0, 1e6 },
	{ "drain_s", OWN(drain_ms), 1e3, 0, 3600 },
	{ "orphan_s", OWN(orphan_ms), 1e3, 0, 1e6 },
	{ "key_rotate_s", OWN(key_rotate_s), 1, 0, 1e9 },
	{ "max_half_open", OWN(max_half_open), 1, 0, 1 << 24 },
	{ "half_open_syn_rate", OWN(half_open_syn_rate), 1, 0, 1e9 },
	{ "reflect_rate", OWN(reflect_rate), 1, 0, 1e9 },
	{ "event_ring_bytes", OWN(event_ring_bytes), 1, 4096, 1 << 30 },
	{ "tcp_syn_retries", OWN(tcp_syn_retries), 1, 1, 127 },
};

/* Of [handfast] and [service SPEC]; their places are bits of `set`. */
static const struct number_key timer_keys[] = {
	{ "tcp_synack_retries", TIMER(tcp_synack_retries), 1, 0,
	  HF_SYNACK_RETRIES_MAX },
	{ "tcp_fin_timeout", TIMER(tcp_fin_timeout_ms), 1e3, 0, 1e6 },
	{ "msl_s", TIMER(msl_ms), 1e3, 1e-3, 1e6 },
	{ "tcp_keepalive_time", TIMER(tcp_keepalive_time_ms), 1e3, 1e-3, 1e6 },
	{ "tcp_keepalive_intvl", TIMER(tcp_keepalive_intvl_ms), 1e3, 1e-3,
	  1e6 },
	{ "tcp_keepalive_probes", TIMER(tcp_keepalive_probes), 1, 1, 255 },
};

#define TIMER_KEYS	(sizeof(timer_keys) / sizeof(timer_keys[0]))
#define SET_MODE	(1U << TIMER_KEYS)
#define SET_KEEPALIVE	(2U << TIMER_KEYS)

static const struct number_key *find_number(const struct number_key *k,
					    size_t nr, const char *name)
{
	for (; nr--; k++)
		if (!strcmp(k->name, name))
			return k;
	return NULL;
}

/* What the table of numbers cannot say. */
static int check_number(struct config_error *e, const struct number_key *k,
			const char *value)
{
	unsigned int n = (unsigned int)strtod(value, NULL);

	if (k->offset == OWN(event_ring_bytes) && n & (n - 1))
		return config_bad(e, k->name, value, "not a power of two");
	return 0;
}

/* The bit of `key`, set in `s`; 0: not a key of a service; or -EINVAL. */
static int set_service(struct config_service *s, const char *key,
		       const char *value, struct config_error *e)
{
	const struct number_key *k = find_number(timer_keys, TIMER_KEYS, key);
	unsigned int bit;
	int err;

	if (!strcmp(key, "mode")) {
		bit = SET_MODE;
		err = set_mode(&s->mode, e, value);
	} else if (!strcmp(key, "keepalive")) {
		bit = SET_KEEPALIVE;
		err = set_bool(&s->timers.keepalive, e, key, value);
	} else if (k) {
		bit = 1U << (k - timer_keys);
		err = set_number(s, k, e, value);
	} else {
		return 0;
	}
	return err ?: (int)bit;
}

int config_set(struct config *c, const char *key, const char *value,
	       struct config_error *e)
{
	size_t nr = sizeof(number_keys) / sizeof(number_keys[0]);
	const struct number_key *k = find_number(number_keys, nr, key);
	int bit = set_service(&c->service, key, value, e);

	if (bit)
		return bit < 0 ? bit : 0;
	if (k)
		return set_number(c, k, e, value) ?: check_number(e, k, value);
	if (!strcmp(key, "xdp"))
		return set_xdp(c, e, value);
	if (!strcmp(key, "protect"))
		return set_specs(&c->protect, e, key, value);
	if (!strcmp(key, "exclude"))
		return set_specs(&c->exclude, e, key, value);
	if (!strcmp(key, "interfaces"))
		return set_ifaces(c, e, value);
	if (!strcmp(key, "track_active"))
		return set_bool(&c->track_active, e, key, value);
	if (!strcmp(key, "placement"))
		return set_word(e, key, value, placements);
	if (!strcmp(key, "handoff"))
		return set_handoff(c, e, value);
	if (!strcmp(key, "sysctl"))
		return set_sysctl(c, e, value);
	if (!strcmp(key, "tc"))
		return set_tc(c, e, value);
	return config_bad(e, "unknown key", key, "see handfastd --help");
}

int config_set_section(struct config_section *s, const char *key,
		       const char *value, struct config_error *e)
{
	int bit = set_service(&s->own, key, value, e);

	if (!bit)
		return config_bad(e, "unknown key", key,
				  "a service has mode, keepalive and timers");
	if (bit < 0)
		return bit;
	s->set |= bit;
	return 0;
}

void config_clear(struct config *c, const char *key)
{
	if (!strcmp(key, "protect"))
		memset(&c->protect, 0, sizeof(c->protect));
	else if (!strcmp(key, "exclude"))
		memset(&c->exclude, 0, sizeof(c->exclude));
	else if (!strcmp(key, "interfaces")) {
		memset(c->ifaces, 0, sizeof(c->ifaces));
		c->ifaces_nr = 0;
	}
}

void config_resolve(struct config *c)
{
	for (int i = 0; i < c->sections; i++) {
		struct config_section *s = &c->section[i];

		memcpy(&s->service, &c->service, sizeof(s->service));
		if (s->set & SET_MODE)
			s->service.mode = s->own.mode;
		if (s->set & SET_KEEPALIVE)
			s->service.timers.keepalive = s->own.timers.keepalive;
		for (size_t k = 0; k < TIMER_KEYS; k++)
			if (s->set & 1U << k)
				memcpy((char *)&s->service +
					       timer_keys[k].offset,
				       (char *)&s->own + timer_keys[k].offset,
				       sizeof(unsigned int));
	}
}

const struct config_service *config_service_of(const struct config *c,
					       const struct in6_addr *addr,
					       uint16_t port)
{
	for (int i = c->sections; i--;)
		if (spec_match(&c->section[i].spec, addr, port))
			return &c->section[i].service;
	return &c->service;
}
