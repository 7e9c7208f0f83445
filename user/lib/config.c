// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Configuration: values into and out of the rows of config_keys. */
#include <errno.h>
#include <grp.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "endpoint.h"

/* clang-format off */
static const struct config_word flag_words[] = {
	{ "no", false }, { "yes", true }, { "off", false }, { "on", true },
	{ "false", false }, { "true", true }, {}
};
/* clang-format on */

int config_bad(struct config_error *e, const char *key, const char *value,
	       const char *why)
{
	snprintf(e->text, sizeof(e->text), "%s: '%.64s': %s", key, value, why);
	return -EINVAL;
}

const struct config_key *config_find(const char *name)
{
	for (const struct config_key *k = config_keys; k->name; k++)
		if (!strcmp(k->name, name))
			return k;
	return NULL;
}

static const struct config_word *find_word(const struct config_word *words,
					   const char *name)
{
	for (; words->name; words++)
		if (!strcmp(words->name, name))
			return words;
	return NULL;
}

/* One of the words; their list is what is wrong with another. */
static int set_word(const struct config_key *k, int *to, const char *value,
		    struct config_error *e)
{
	const struct config_word *words = k->words ?: flag_words;
	const struct config_word *word = find_word(words, value);
	char why[128] = "not one of ";

	if (word) {
		*to = word->value;
		return 0;
	}
	for (; words->name; words++) {
		strcat(why, words->name);
		if (words[1].name)
			strcat(why, ", ");
	}
	return config_bad(e, k->name, value, why);
}

static bool is_in_range(const struct config_key *k, double n)
{
	return (n >= k->min && n <= k->max) ||
	       (k->flags & CONFIG_OR_ZERO && n == 0);
}

/* A plain number, or seconds with decimals into milliseconds. */
static int set_number(const struct config_key *k, unsigned int *to,
		      const char *value, struct config_error *e)
{
	char why[80], *end;
	double n;

	errno = 0;
	n = strtod(value, &end);
	if (end == value || *end || errno || !is_in_range(k, n)) {
		snprintf(why, sizeof(why), "not a number from %.10g to %.10g%s",
			 k->min, k->max,
			 k->flags & CONFIG_OR_ZERO ? ", or 0" : "");
		return config_bad(e, k->name, value, why);
	}
	if (k->type == CONFIG_SECONDS) {
		*to = llround(n * 1000);
		return 0;
	}
	if (n != floor(n))
		return config_bad(e, k->name, value, "not a whole number");
	if (k->flags & CONFIG_POWER_OF_2 &&
	    (unsigned int)n & ((unsigned int)n - 1))
		return config_bad(e, k->name, value, "not a power of two");
	*to = (unsigned int)n;
	return 0;
}

static int set_specs(const struct config_key *k, struct spec_list *list,
		     const char *value, struct config_error *e)
{
	const char *at;
	int err = spec_list_add(list, value, &at);

	if (err == -E2BIG)
		return config_bad(e, k->name, value, "too many SPECs");
	if (err)
		return config_bad(
			e, k->name, at,
			"not a SPEC like 443, 8000-8010, 10.0.0.5:443, "
			"[2001:db8::5]:443, *:443 or all");
	return 0;
}

static int set_ifaces(const struct config_key *k, struct config_ifaces *list,
		      const char *value, struct config_error *e)
{
	const char *at = value;
	size_t len, name;

	do {
		at += strspn(at, CONFIG_SPACES);
		len = strcspn(at, ",");
		for (name = len; name && strchr(CONFIG_SPACES, at[name - 1]);)
			name--;
		if (!name || name >= IFNAMSIZ || memchr(at, ' ', name))
			return config_bad(e, k->name, value,
					  "not an interface name");
		if (list->nr >= HF_IFACES_MAX)
			return config_bad(e, k->name, value, "too many");
		memcpy(list->name[list->nr], at, name);
		list->name[list->nr++][name] = '\0';
		at += len;
	} while (*at++ == ',');
	return 0;
}

static int set_text(const struct config_key *k, char *to, size_t size,
		    const char *value, struct config_error *e)
{
	if (strlen(value) >= size)
		return config_bad(e, k->name, value, "too long");
	memset(to, 0, size);	/* configurations are compared whole */
	strcpy(to, value);
	return 0;
}

static int set_path(const struct config_key *k, char *to, const char *value,
		    struct config_error *e)
{
	if (value[0] && value[0] != '/')
		return config_bad(e, k->name, value, "not an absolute path");
	return set_text(k, to, HF_TEXT_MAX, value, e);
}

/* Whoever reaches it may read: nobody asks for a password. */
static int set_endpoint(const struct config_key *k, char *to, const char *value,
			struct config_error *e)
{
	struct endpoint at;
	int err = strcmp(value, "off") ? endpoint_parse(&at, value) : 0;

	if (err == -EACCES)
		return config_bad(
			e, k->name, value,
			"not a loopback address, and others could read it: "
			"listen at 127.0.0.1 or [::1], and let a reverse proxy "
			"ask who they are");
	if (err == -ENAMETOOLONG)
		return config_bad(e, k->name, value, "too long");
	if (err)
		return config_bad(e, k->name, value,
				  "not off, an ADDRESS:PORT like "
				  "127.0.0.1:9477, or an absolute path");
	return set_text(k, to, HF_TEXT_MAX, value, e);
}

static int set_group(const struct config_key *k, char *to, const char *value,
		     struct config_error *e)
{
	if (!value[0] || getgrnam(value))
		return set_text(k, to, CONFIG_GROUP_MAX, value, e);
	config_bad(e, k->name, value, "no such group");
	return -ENOENT;
}

static int set_value(const struct config_key *k, void *to, const char *value,
		     struct config_error *e)
{
	int word, err;

	switch (k->type) {
	case CONFIG_WORD: return set_word(k, to, value, e);
	case CONFIG_FLAG:
		err = set_word(k, &word, value, e);
		if (!err)
			*(bool *)to = word;
		return err;
	case CONFIG_NUMBER:
	case CONFIG_SECONDS: return set_number(k, to, value, e);
	case CONFIG_SPECS: return set_specs(k, to, value, e);
	case CONFIG_IFACES: return set_ifaces(k, to, value, e);
	case CONFIG_PATH: return set_path(k, to, value, e);
	case CONFIG_ENDPOINT: return set_endpoint(k, to, value, e);
	case CONFIG_GROUP: return set_group(k, to, value, e);
	}
	return -EINVAL;
}

static size_t value_size(const struct config_key *k)
{
	switch (k->type) {
	case CONFIG_FLAG: return sizeof(bool);
	case CONFIG_SPECS: return sizeof(struct spec_list);
	case CONFIG_IFACES: return sizeof(struct config_ifaces);
	case CONFIG_PATH:
	case CONFIG_ENDPOINT: return HF_TEXT_MAX;
	case CONFIG_GROUP: return CONFIG_GROUP_MAX;
	case CONFIG_WORD:
	case CONFIG_NUMBER:
	case CONFIG_SECONDS: break;
	}
	return sizeof(unsigned int);
}

static void *value_of(struct config *c, const struct config_key *k)
{
	return (char *)c + k->offset;
}

/* Of a key that a service may have, in one. */
static void *service_value(struct config_service *s, const struct config_key *k)
{
	return (char *)s + k->offset - offsetof(struct config, service);
}

void config_init(struct config *c)
{
	struct config_error e;

	memset(c, 0, sizeof(*c));
	strcpy(c->name, "default");
	for (const struct config_key *k = config_keys; k->name; k++)
		if (k->standard[0] &&
		    set_value(k, value_of(c, k), k->standard, &e))
			abort();
}

int config_set(struct config *c, const char *key, const char *value,
	       struct config_error *e)
{
	const struct config_key *k = config_find(key);

	if (!k)
		return config_bad(e, "unknown key", key,
				  "see handfastd --help");
	return set_value(k, value_of(c, k), value, e);
}

int config_set_section(struct config_section *s, const char *key,
		       const char *value, struct config_error *e)
{
	const struct config_key *k = config_find(key);

	if (!k || !(k->flags & CONFIG_SERVICE))
		return config_bad(e, "unknown key", key,
				  "a service has mode, handoff, keepalive and "
				  "timers");
	if (set_value(k, service_value(&s->own, k), value, e))
		return -EINVAL;
	s->set |= 1ULL << (k - config_keys);
	return 0;
}

void config_clear(struct config *c, const struct config_key *k)
{
	memset(value_of(c, k), 0, value_size(k));
}

void config_overrule(struct config *c, const struct config_key *k)
{
	for (int i = 0; i < c->sections; i++)
		c->section[i].set &= ~(1ULL << (k - config_keys));
}

void config_resolve(struct config *c)
{
	for (int i = 0; i < c->sections; i++) {
		struct config_section *s = &c->section[i];

		memcpy(&s->service, &c->service, sizeof(s->service));
		for (const struct config_key *k = config_keys; k->name; k++)
			if (s->set & 1ULL << (k - config_keys))
				memcpy(service_value(&s->service, k),
				       service_value(&s->own, k),
				       value_size(k));
	}
}

const struct spec_list *config_protect(const struct config *c)
{
	static const struct spec_list all = {
		.spec = { { .all = true, .port_lo = 1, .port_hi = 65535 } },
		.nr = 1,
	};

	return c->protect.nr ? &c->protect : &all;
}

bool config_wants_reqsk(const struct config *c)
{
	for (int i = 0; i < c->sections; i++)
		if (c->section[i].service.handoff == HF_HANDOFF_REQSK)
			return true;
	return c->service.handoff == HF_HANDOFF_REQSK;
}

bool config_same(const struct config *a, const struct config *b,
		 const struct config_key *k)
{
	return !memcmp((const char *)a + k->offset, (const char *)b + k->offset,
		       value_size(k));
}

void config_copy(struct config *to, const struct config *from,
		 const struct config_key *k)
{
	memcpy(value_of(to, k), (const char *)from + k->offset, value_size(k));
}

static const char *word_of(const struct config_word *words, int value)
{
	while (words->name && words->value != value)
		words++;
	return words->name;
}

const char *config_text(const struct config *c, const struct config_key *k,
			int nth, char text[CONFIG_TEXT_MAX])
{
	const void *from = (const char *)c + k->offset;
	const struct config_ifaces *ifaces = from;
	const struct spec_list *specs = from;
	const unsigned int *number = from;
	const int *word = from;
	const char *text_at = from;
	const bool *flag = from;

	switch (k->type) {
	case CONFIG_WORD: return nth ? NULL : word_of(k->words, *word);
	case CONFIG_FLAG: return nth ? NULL : word_of(flag_words, *flag);
	case CONFIG_NUMBER:
		snprintf(text, CONFIG_TEXT_MAX, "%u", *number);
		return nth ? NULL : text;
	case CONFIG_SECONDS:
		snprintf(text, CONFIG_TEXT_MAX, "%.10g", *number / 1000.0);
		return nth ? NULL : text;
	case CONFIG_IFACES: return nth < ifaces->nr ? ifaces->name[nth] : NULL;
	case CONFIG_PATH:
	case CONFIG_ENDPOINT:
	case CONFIG_GROUP: return nth || !*text_at ? NULL : text_at;
	case CONFIG_SPECS:
		if (nth >= specs->nr)
			return NULL;
		spec_text(&specs->spec[nth], text, CONFIG_TEXT_MAX);
		return text;
	}
	return NULL;
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
