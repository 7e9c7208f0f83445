// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// seg_words: the words of seg's send command.
#include <netinet/ether.h>
#include <stdio.h>
#include <string.h>
#include "seg_expr.h"
#include "seg_words.h"

static void hex_add(struct bytes *to, const char *hex)
{
	unsigned int byte;

	for (; *hex; hex += 2) {
		if (to->len == sizeof(to->b) || !hex[1] ||
		    sscanf(hex, "%2x", &byte) != 1)
			quit(2, "%s: bad or too much hex", hex);
		to->b[to->len++] = byte;
	}
}

static void opt_add(struct segment *s, int kind, int len, uint32_t value)
{
	struct bytes *o = &s->opt;

	if (o->len + len > 40)
		quit(2, "more than 40 bytes of options");
	o->b[o->len++] = kind;
	if (len == 1)
		return;
	o->b[o->len++] = len;
	for (len -= 2; len; len--)
		o->b[o->len++] = value >> 8 * (len - 1);
}

static void put_be32(uint8_t *p, uint32_t value)
{
	for (int i = 3; i >= 0; i--, value >>= 8)
		p[i] = value;
}

static void opt_add_ts(struct segment *s, char *value)
{
	char *ecr = strchr(value, ',');

	if (!ecr)
		quit(2, "ts=VAL,ECR");
	*ecr++ = 0;
	opt_add(s, 8, 6, eval(value));
	s->opt.b[s->opt.len - 5] = 10;
	if (s->opt.len > 36)
		quit(2, "more than 40 bytes of options");
	put_be32(s->opt.b + s->opt.len, eval(ecr));
	s->opt.len += 4;
}

/* SACK blocks without padding: EDGE,EDGE and more pairs */
static void opt_add_blocks(struct segment *s, char *edges)
{
	size_t start = s->opt.len;
	char *edge, *save;

	opt_add(s, 5, 2, 0);
	for (edge = strtok_r(edges, ",", &save); edge;
	     edge = strtok_r(NULL, ",", &save)) {
		if (s->opt.len > 36)
			quit(2, "more than 40 bytes of options");
		put_be32(s->opt.b + s->opt.len, eval(edge));
		s->opt.len += 4;
	}
	s->opt.b[start + 1] = s->opt.len - start;
}

/* TCP options, in the order of the words; false if the word is none */
static bool word_option(struct segment *s, const char *name, char *value)
{
	uint32_t n;

	if (!strcmp(name, "sack"))
		opt_add(s, 4, 2, 0);
	else if (!value)
		return false;
	else if (!strcmp(name, "mss"))
		opt_add(s, 2, 4, eval(value));
	else if (!strcmp(name, "ws"))
		opt_add(s, 3, 3, eval(value));
	else if (!strcmp(name, "ts"))
		opt_add_ts(s, value);
	else if (!strcmp(name, "blocks"))
		opt_add_blocks(s, value);
	else if (!strcmp(name, "rawopt"))
		hex_add(&s->opt, value);
	else if (!strcmp(name, "nop"))
		for (n = eval(value); n; n--)
			opt_add(s, 1, 1, 0);
	else
		return false;
	return true;
}

/* Words whose value is text; false if the word is none of them */
static bool word_text(struct segment *s, const char *name, char *value)
{
	char *type;

	if (!value)
		return false;
	if (!strcmp(name, "data")) {
		s->data = value;
		s->len = unescape(value);
	} else if (!strcmp(name, "ipopt")) {
		hex_add(&s->ipopt, value);
	} else if (!strcmp(name, "dmac")) {
		if (!ether_aton_r(value, (struct ether_addr *)s->dst_mac))
			quit(2, "%s: not a MAC address", value);
	} else if (!strcmp(name, "ext")) {
		type = strchr(value, ':');
		if (!type)
			quit(2, "ext=HEX:TYPE");
		*type++ = 0;
		hex_add(&s->ext, value);
		s->ext_type = eval(type);
	} else {
		return false;
	}
	return true;
}

static void word_number(struct segment *s, const char *name, const char *value)
{
	static const struct {
		const char *name;
		size_t offset;
		uint32_t bare;		/* value without "="; 0: "=" needed */
	} words[] = {
#define NUMBER(field, bare) { #field, offsetof(struct segment, field), bare }
		NUMBER(sport, 0), NUMBER(dport, 0), NUMBER(seq, 0),
		NUMBER(ack, 0), NUMBER(win, 0), NUMBER(urg, 0),
		NUMBER(len, 0), NUMBER(vlan, 0), NUMBER(vlan2, 0),
		NUMBER(tpid, 0), NUMBER(ttl, 0), NUMBER(tos, 0),
		NUMBER(id, 0), NUMBER(pad, 0), NUMBER(frag, SEG_MF),
		NUMBER(badsum, 1), NUMBER(badipsum, 1), NUMBER(partial, 1),
		NUMBER(gso, 0),
#undef NUMBER
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].name, name))
			continue;
		if (!value && !words[i].bare)
			break;
		*(uint32_t *)((char *)s + words[i].offset) =
			value ? eval(value) : words[i].bare;
		return;
	}
	quit(2, "send: %s: unknown word, or value missing", name);
}

void word_apply(struct segment *s, const char *name, char *value)
{
	if (!word_option(s, name, value) && !word_text(s, name, value))
		word_number(s, name, value);
}
