// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Ports whose packets netfilter sends elsewhere, read from the nftables rules
 * (iptables-nft writes such, too).
 *
 * Looked at are the chains that packets come through before routing: base
 * chains at the prerouting hook and all that they jump to. A rule that ends in
 * dnat, redirect or tproxy claims the TCP ports and the destination that it
 * matches; whatever else it matches (interfaces, sources, sets by name) is left
 * out of account, so that rather too much passes than too little. A rule that
 * names neither port nor destination claims every port.
 *
 * The rules are read again only after the kernel told of a change.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "lib/log.h"
#include "translated.h"

#define DEPTH_MAX	16	/* jumps followed, as the kernel's own limit */

/* One reading of the rules. */
struct reading {
	json_object *items;	/* the ruleset: tables, chains, rules */
	struct spec_list *list;
};

/* Does the statement send packets elsewhere? Also iptables-nft's targets. */
static bool sends_elsewhere(json_object *expr)
{
	const char *target = rule_text(rule_get(expr, "xt"), "name");

	return json_object_object_get_ex(expr, "dnat", NULL) ||
	       json_object_object_get_ex(expr, "redirect", NULL) ||
	       json_object_object_get_ex(expr, "tproxy", NULL) ||
	       !strcmp(target, "DNAT") || !strcmp(target, "REDIRECT") ||
	       !strcmp(target, "TPROXY");
}

/* Ports of a match's right side: a number, a range, or a set of both. */
static void add_ports(struct reading *r, json_object *right,
		      const struct spec *dest)
{
	json_object *range = rule_get(right, "range");
	json_object *set = rule_get(right, "set");
	struct spec *s;

	for (size_t i = 0; set && i < json_object_array_length(set); i++)
		add_ports(r, json_object_array_get_idx(set, i), dest);
	if (set)
		return;
	if (r->list->nr == SPECS_MAX) {	/* rather too much than too little */
		memset(&r->list->spec[0], 0, sizeof(r->list->spec[0]));
		r->list->spec[0].port_lo = 1;
		r->list->spec[0].port_hi = 65535;
		return;
	}
	s = &r->list->spec[r->list->nr++];
	*s = *dest;
	s->port_lo = 1;
	s->port_hi = 65535;
	if (range) {
		s->port_lo = json_object_get_int(
			json_object_array_get_idx(range, 0));
		s->port_hi = json_object_get_int(
			json_object_array_get_idx(range, 1));
	} else if (json_object_is_type(right, json_type_int)) {
		s->port_lo = s->port_hi = json_object_get_int(right);
	}
}

/* "10.0.0.5", {"prefix": {"addr", "len"}}; anything else is any address. */
static void on_destination(json_object *right, struct spec *dest)
{
	json_object *prefix = rule_get(right, "prefix");
	const char *addr = prefix ? rule_text(prefix, "addr")
			   : json_object_is_type(right, json_type_string)
				   ? json_object_get_string(right)
				   : "";

	memset(dest, 0, sizeof(*dest));
	if (inet_pton(AF_INET, addr, &dest->addr.s6_addr32[3]) == 1) {
		dest->addr.s6_addr16[5] = 0xffff;
		dest->prefix = 96 + (prefix ? json_object_get_int(
						      rule_get(prefix, "len"))
					    : 32);
	} else if (inet_pton(AF_INET6, addr, &dest->addr) == 1) {
		dest->prefix =
			prefix ? json_object_get_int(rule_get(prefix, "len"))
			       : 128;
	} else {
		memset(dest, 0, sizeof(*dest));
	}
}

/* What a rule that sends elsewhere claims. */
static void on_rule(struct reading *r, json_object *exprs)
{
	json_object *ports = NULL, *match, *payload;
	struct spec dest = {};

	for (size_t i = 0; i < json_object_array_length(exprs); i++) {
		match = rule_get(json_object_array_get_idx(exprs, i), "match");
		payload = rule_get(rule_get(match, "left"), "payload");
		if (!payload || !rule_is(match, "op", "=="))
			continue;
		if (rule_is(payload, "protocol", "udp"))
			return;
		if (rule_is(payload, "field", "dport"))
			ports = rule_get(match, "right");
		else if (rule_is(payload, "field", "daddr"))
			on_destination(rule_get(match, "right"), &dest);
	}
	add_ports(r, ports, &dest);
}

static void on_chain(struct reading *r, json_object *table, const char *chain,
		     int depth);

/* The chains that a verdict map leads to: pairs of key and verdict. */
static void on_map(struct reading *r, json_object *table, json_object *pairs,
		   int depth)
{
	json_object *verdict, *jump;

	for (size_t i = 0; pairs && i < json_object_array_length(pairs); i++) {
		verdict = json_object_array_get_idx(
			json_object_array_get_idx(pairs, i), 1);
		jump = rule_get(verdict, "jump") ?: rule_get(verdict, "goto");
		if (jump)
			on_chain(r, table, rule_text(jump, "target"),
				 depth + 1);
	}
}

/* A rule of a chain that packets come through: what it does, where it jumps. */
static void on_exprs(struct reading *r, json_object *rule, int depth)
{
	json_object *exprs = rule_get(rule, "expr"), *expr, *jump, *map;

	for (size_t i = 0; exprs && i < json_object_array_length(exprs); i++) {
		expr = json_object_array_get_idx(exprs, i);
		if (sends_elsewhere(expr))
			on_rule(r, exprs);
		jump = rule_get(expr, "jump") ?: rule_get(expr, "goto");
		if (jump)
			on_chain(r, rule, rule_text(jump, "target"), depth + 1);
		map = rule_get(rule_get(expr, "vmap"), "data");
		on_map(r, rule, rule_get(map, "set"), depth);
	}
}

static void on_chain(struct reading *r, json_object *table, const char *chain,
		     int depth)
{
	json_object *rule;

	if (depth > DEPTH_MAX)
		return;
	for (size_t i = 0; i < json_object_array_length(r->items); i++) {
		rule = rule_get(json_object_array_get_idx(r->items, i), "rule");
		if (rule && rule_same_table(rule, table) &&
		    rule_is(rule, "chain", chain))
			on_exprs(r, rule, depth);
	}
}

void translated_read(json_object *items, struct spec_list *list)
{
	struct reading r = { .items = items, .list = list };
	json_object *chain;

	list->nr = 0;
	for (size_t i = 0; i < json_object_array_length(items); i++) {
		chain = rule_get(json_object_array_get_idx(items, i), "chain");
		if (chain && rule_is(chain, "hook", "prerouting"))
			on_chain(&r, chain, rule_text(chain, "name"), 0);
	}
}

static void look(struct translated *t)
{
	json_object *items = rules_read(t->nft);

	if (items) {
		translated_read(items, &t->list);
		t->looked = true;
	} else if (!t->said) {
		log_error("nftables: rules cannot be read, published ports "
			  "are not recognised");
		t->said = true;
	}
	json_object_put(items);
}

void translated_open(struct translated *t)
{
	int group = NFNLGRP_NFTABLES, fd;

	t->nft = rules_open();
	if (!t->nft)
		return;
	t->changes = mnl_socket_open2(NETLINK_NETFILTER,
				      SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!t->changes)
		return;
	fd = mnl_socket_get_fd(t->changes);
	if (mnl_socket_bind(t->changes, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
		       sizeof(group))) {
		mnl_socket_close(t->changes);
		t->changes = NULL;
	}
}

/* Take all that was told; an overrun is a change, too. */
static bool has_changed(const struct translated *t)
{
	char buf[8192];
	bool changed = !t->looked || !t->changes;
	ssize_t n;

	while (t->changes) {
		n = mnl_socket_recvfrom(t->changes, buf, sizeof(buf));
		if (n < 0 && errno != ENOBUFS)
			break;
		changed = true;
	}
	return changed;
}

void translated_follow(struct translated *t)
{
	if (t->nft && has_changed(t))
		look(t);
}

void translated_close(struct translated *t)
{
	if (t->changes)
		mnl_socket_close(t->changes);
	if (t->nft)
		nft_ctx_free(t->nft);
	t->changes = NULL;
	t->nft = NULL;
}
