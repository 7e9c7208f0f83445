// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Configuration: one table of keys, for file and command line. */
#include <errno.h>
#include <ini.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

const char *const xdp_names[XDP_MODE_NR] = {
	[XDP_AUTO] = "auto",
	[XDP_NATIVE] = "native",
	[XDP_GENERIC] = "generic",
};

/* Modes that this version runs; the others have names already. */
static const char *const modes_known[] = { "always", "off", NULL };
static const char *const placements[] = { "host", NULL };
static const char *const handoffs[] = { "auto", "reqsk", NULL };

void config_init(struct config *c)
{
	memset(c, 0, sizeof(*c));
	strcpy(c->name, "default");
	c->mode = HF_MODE_ALWAYS;
	c->xdp = XDP_AUTO;
	c->flood_syn_rate = 10000;
	c->flood_hold_ms = 10000;
	c->drain_ms = 3000;
	c->orphan_ms = 600000;
	c->key_rotate_s = 3600;
	c->half_open_syn_rate = 1000;
	c->reflect_rate = 1000;
	c->event_ring_bytes = 1 << 20;
	c->service.timers = (struct config_timers){
		.tcp_synack_retries = 5,
		.tcp_fin_timeout_ms = 60000,
		.msl_ms = 30000,
		.tcp_keepalive_time_ms = 7200000,
		.tcp_keepalive_intvl_ms = 75000,
		.tcp_keepalive_probes = 10,
	};
}

static int bad(struct config_error *e, const char *key, const char *value,
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
	return bad(e, key, value, why);
}

/* A plain number, or seconds with decimals into milliseconds. */
static int set_number(unsigned int *to, double scale, struct config_error *e,
		      const char *key, const char *value, double max)
{
	char *end;
	double n;

	errno = 0;
	n = strtod(value, &end);
	if (end == value || *end || errno || !(n >= 0) || n > max)
		return bad(e, key, value, "not a number in range");
	if (scale == 1 && n != floor(n))
		return bad(e, key, value, "not a whole number");
	*to = n * scale + 0.5;
	return 0;
}

static int set_specs(struct spec_list *list, struct config_error *e,
		     const char *key, const char *value)
{
	const char *at;
	int err = spec_list_add(list, value, &at);

	if (err == -E2BIG)
		return bad(e, key, value, "too many SPECs");
	if (err)
		return bad(e, key, at, "not a SPEC like 443, 8000-8010, "
			   "10.0.0.5:443, [2001:db8::5]:443, *:443 or all");
	return 0;
}

static int set_ifaces(struct config *c, struct config_error *e,
		      const char *value)
{
	size_t len;

	for (; *value; value += len + (value[len] == ',')) {
		len = strcspn(value, ",");
		if (!len || len >= IFNAMSIZ)
			return bad(e, "interfaces", value,
				   "not an interface name");
		if (c->ifaces_nr >= HF_IFACES_MAX)
			return bad(e, "interfaces", value, "too many");
		memcpy(c->ifaces[c->ifaces_nr], value, len);
		c->ifaces[c->ifaces_nr++][len] = '\0';
	}
	return 0;
}

static int set_mode(struct config *c, struct config_error *e, const char *value)
{
	if (set_word(e, "mode", value, modes_known))
		return -EINVAL;
	c->mode = name_find(mode_names, HF_MODE_NR, value);
	return 0;
}

/* Sizes that the kernel takes, and timers that may not be zero. */
static int check_number(const struct config *c, struct config_error *e,
			const char *key, const char *value)
{
	const struct config_timers *t = &c->service.timers;
	unsigned int ring = c->event_ring_bytes;

	if (ring < 4096 || ring & (ring - 1))
		return bad(e, key, value, "not a power of two from 4096 on");
	if (!t->msl_ms || !t->tcp_keepalive_time_ms ||
	    !t->tcp_keepalive_intvl_ms || !t->tcp_keepalive_probes)
		return bad(e, key, value, "must be more than 0");
	return 0;
}

static int set_bool(bool *to, struct config_error *e, const char *key,
		    const char *value)
{
	static const char *const words[] = { "no", "yes", "off", "on", "false",
					     "true", NULL };

	if (set_word(e, key, value, words))
		return -EINVAL;
	*to = name_find(words, 6, value) & 1;
	return 0;
}

static int set_xdp(struct config *c, struct config_error *e, const char *value)
{
	int mode = name_find(xdp_names, XDP_MODE_NR, value);

	if (mode < 0)
		return bad(e, "xdp", value, "not one of auto, native, generic");
	c->xdp = mode;
	return 0;
}

#define TIMER(name)	offsetof(struct config, service.timers.name)

/* Keys with a number: where it goes, its factor and its largest value. */
static const struct number_key {
	const char *name;
	size_t offset;
	double scale, max;
} number_keys[] = {
	{ "max_flows", offsetof(struct config, max_flows), 1, 1 << 26 },
	{ "flood_syn_rate", offsetof(struct config, flood_syn_rate), 1, 1e9 },
	{ "flood_hold_s", offsetof(struct config, flood_hold_ms), 1e3, 1e6 },
	{ "drain_s", offsetof(struct config, drain_ms), 1e3, 3600 },
	{ "orphan_s", offsetof(struct config, orphan_ms), 1e3, 1e6 },
	{ "key_rotate_s", offsetof(struct config, key_rotate_s), 1, 1e9 },
	{ "max_half_open", offsetof(struct config, max_half_open), 1,
	  1 << 24 },
	{ "half_open_syn_rate", offsetof(struct config, half_open_syn_rate), 1,
	  1e9 },
	{ "reflect_rate", offsetof(struct config, reflect_rate), 1, 1e9 },
	{ "event_ring_bytes", offsetof(struct config, event_ring_bytes), 1,
	  1 << 30 },
	{ "tcp_synack_retries", TIMER(tcp_synack_retries), 1,
	  HF_SYNACK_RETRIES_MAX },
	{ "tcp_fin_timeout", TIMER(tcp_fin_timeout_ms), 1e3, 1e6 },
	{ "msl_s", TIMER(msl_ms), 1e3, 1e6 },
	{ "tcp_keepalive_time", TIMER(tcp_keepalive_time_ms), 1e3, 1e6 },
	{ "tcp_keepalive_intvl", TIMER(tcp_keepalive_intvl_ms), 1e3, 1e6 },
	{ "tcp_keepalive_probes", TIMER(tcp_keepalive_probes), 1, 255 },
};

int config_set(struct config *c, const char *key, const char *value,
	       struct config_error *e)
{
	const struct number_key *n = number_keys;
	size_t nr = sizeof(number_keys) / sizeof(number_keys[0]);

	if (!strcmp(key, "mode"))
		return set_mode(c, e, value);
	if (!strcmp(key, "xdp"))
		return set_xdp(c, e, value);
	if (!strcmp(key, "protect"))
		return set_specs(&c->protect, e, key, value);
	if (!strcmp(key, "exclude"))
		return set_specs(&c->exclude, e, key, value);
	if (!strcmp(key, "interfaces"))
		return set_ifaces(c, e, value);
	if (!strcmp(key, "keepalive"))
		return set_bool(&c->service.timers.keepalive, e, key, value);
	if (!strcmp(key, "track_active"))
		return set_bool(&c->track_active, e, key, value);
	if (!strcmp(key, "placement"))
		return set_word(e, key, value, placements);
	if (!strcmp(key, "handoff"))
		return set_word(e, key, value, handoffs);
	for (; nr--; n++)
		if (!strcmp(n->name, key))
			return set_number((void *)((char *)c + n->offset),
					  n->scale, e, key, value, n->max) ?:
			       check_number(c, e, key, value);
	return bad(e, "unknown key", key, "see handfastd --help");
}

struct reading {
	struct config *config;
	struct config_error *error;
	int bad;
};

static int read_line(void *arg, const char *section, const char *key,
		     const char *value)
{
	struct reading *r = arg;

	if (r->bad)
		return 0;
	if (strcmp(section, "handfast"))
		bad(r->error, "unknown section", section, "only [handfast]");
	else if (!config_set(r->config, key, value, r->error))
		return 1;
	r->bad = 1;
	return 0;
}

int config_read(struct config *c, const char *path, struct config_error *e)
{
	struct reading r = { .config = c, .error = e };
	struct config_error inner;
	int line;

	if (access(path, F_OK))
		return -ENOENT;
	line = ini_parse(path, read_line, &r);
	if (!line)
		return 0;
	if (line < 0) {
		snprintf(e->text, sizeof(e->text), "%.128s: cannot be read",
			 path);
		return -EINVAL;
	}
	inner = *e;
	snprintf(e->text, sizeof(e->text), "%.64s:%d: %.160s", path, line,
		 r.bad ? inner.text : "not a line of an INI file");
	return -EINVAL;
}

const struct config_service *config_service_of(const struct config *c,
					       const struct in6_addr *addr,
					       uint16_t port)
{
	(void)addr;
	(void)port;
	return &c->service;
}
