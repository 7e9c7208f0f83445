// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rules that drop "new but not SYN".
 *
 * Conntrack does not see the SYNs that XDP answers: to it a connection begins
 * with the client's ACK. Such an ACK is sent in thought through the base chains
 * at prerouting and input and whatever they jump to. A path to drop or reject
 * that demands both, a state of `new` and flags that an ACK has and a SYN has
 * not, ends it. Verdicts before on the path (an accept for some port) are left
 * out of account; a path that demands more than that (a port, an interface), or
 * a match of iptables-nft whose arguments libnftables does not show, is not
 * sure.
 */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "sys/rules.h"

#define DEPTH_MAX	16	/* jumps followed, as the kernel's own limit */

/* What a path has demanded of the packet so far. */
enum demand {
	DEMAND_NEW = 1,		/* conntrack calls it new */
	DEMAND_NO_SYN = 2,	/* its flags are not those of a SYN */
	DEMAND_MORE = 4,	/* something else as well */
	DEMAND_NEVER = 8,	/* our ACK does not come this way */
};

enum tcp_flags { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };

struct walk {
	json_object *rules;
	enum check_level worst;
	char *where;
};

/* Anything that is no array is an empty one. */
static size_t items(json_object *o)
{
	return json_object_is_type(o, json_type_array)
		       ? json_object_array_length(o)
		       : 0;
}

static json_object *item(json_object *o, size_t at)
{
	return at < items(o) ? json_object_array_get_idx(o, at) : NULL;
}

/* "syn", ["syn", "ack"], {"|": [...]}, 18 */
static int flags_of(json_object *o)
{
	static const char *const names[] = { "fin", "syn", "rst", "psh",
					     "ack", "urg", "ecn", "cwr" };
	json_object *all = rule_get(o, "|") ?: o;
	int flags = 0;

	if (json_object_is_type(o, json_type_int))
		return json_object_get_int(o);
	for (size_t i = 0; i < items(all); i++)
		flags |= flags_of(item(all, i));
	if (json_object_is_type(o, json_type_string))
		for (int i = 0; i < 8; i++)
			if (!strcmp(json_object_get_string(o), names[i]))
				flags |= 1 << i;
	return flags;
}

/* A number on the right, or one of a set of them. */
static bool equals(json_object *right, int value)
{
	json_object *set = rule_get(right, "set");

	for (size_t i = 0; i < items(set); i++)
		if (flags_of(item(set, i)) == value)
			return true;
	return !set && flags_of(right) == value;
}

static bool flags_match(json_object *match, int flags)
{
	json_object *masked = rule_get(rule_get(match, "left"), "&");
	json_object *right = rule_get(match, "right");
	int value = masked ? flags & flags_of(item(masked, 1)) : flags;

	if (rule_is(match, "op", "=="))
		return equals(right, value);
	if (rule_is(match, "op", "!="))
		return !equals(right, value);
	if (rule_is(match, "op", "!"))
		return !(value & flags_of(right));
	return value & flags_of(right);
}

static int demand_of_flags(json_object *match)
{
	if (!flags_match(match, ACK))
		return DEMAND_NEVER;
	return flags_match(match, SYN) ? 0 : DEMAND_NO_SYN;
}

/* Does "new", ["new", ...], {"set": [...]} or {"|": [...]} name it? */
static bool names_new(json_object *o)
{
	json_object *all = rule_get(o, "set") ?: rule_get(o, "|") ?: o;

	for (size_t i = 0; i < items(all); i++)
		if (names_new(item(all, i)))
			return true;
	return json_object_is_type(o, json_type_string) &&
	       !strcmp(json_object_get_string(o), "new");
}

static int demand_of_state(json_object *match)
{
	bool not = rule_is(match, "op", "!=") || rule_is(match, "op", "!");

	return names_new(rule_get(match, "right")) != not ? DEMAND_NEW
							  : DEMAND_NEVER;
}

/* Any TCP segment that comes from outside fulfils these. */
static bool is_any_tcp(json_object *match, json_object *payload)
{
	json_object *meta = rule_get(rule_get(match, "left"), "meta");

	return rule_is(meta, "key", "l4proto") ||
	       rule_is(meta, "key", "nfproto") ||
	       rule_is(meta, "key", "protocol") ||
	       rule_is(payload, "field", "protocol") ||
	       rule_is(payload, "field", "nexthdr") ||
	       (!strncmp(rule_text(meta, "key"), "iif", 3) &&
		rule_is(match, "op", "!=") && rule_is(match, "right", "lo"));
}

static int demand_of_match(json_object *match)
{
	json_object *left = rule_get(match, "left"), *payload;
	json_object *masked = item(rule_get(left, "&"), 0);

	payload = rule_get(masked ?: left, "payload");
	if (rule_is(payload, "field", "flags") &&
	    rule_is(payload, "protocol", "tcp"))
		return demand_of_flags(match);
	if (rule_is(rule_get(left, "ct"), "key", "state"))
		return demand_of_state(match);
	return is_any_tcp(match, payload) ? 0 : DEMAND_MORE;
}

static int demand_of_xt(json_object *xt)
{
	if (rule_is(xt, "name", "conntrack") || rule_is(xt, "name", "state"))
		return DEMAND_NEW | DEMAND_MORE;
	return rule_is(xt, "type", "match") ? DEMAND_MORE : 0;
}

static void judge(struct walk *w, json_object *rule, int demand)
{
	enum check_level level = demand & DEMAND_MORE ? CHECK_WARN : CHECK_FAIL;

	if (!(demand & DEMAND_NEW) || !(demand & DEMAND_NO_SYN) ||
	    level <= w->worst)
		return;
	w->worst = level;
	snprintf(w->where, 128, "%.16s %.48s %.48s", rule_text(rule, "family"),
		 rule_text(rule, "table"), rule_text(rule, "chain"));
}

static void walk_chain(struct walk *w, json_object *table, const char *chain,
		       int demand, int depth);

static void walk_verdict(struct walk *w, json_object *rule,
			 json_object *verdict, int demand, int depth)
{
	json_object *jump = rule_get(verdict, "jump")
				    ?: rule_get(verdict, "goto");

	if (jump)
		walk_chain(w, rule, rule_text(jump, "target"), demand,
			   depth + 1);
	else if (json_object_object_get_ex(verdict, "drop", NULL) ||
		 json_object_object_get_ex(verdict, "reject", NULL) ||
		 rule_is(rule_get(verdict, "xt"), "name", "REJECT"))
		judge(w, rule, demand);
}

/* A verdict map: pairs of key and verdict. */
static void walk_map(struct walk *w, json_object *rule, json_object *vmap,
		     int demand, int depth)
{
	json_object *pairs = rule_get(rule_get(vmap, "data"), "set"), *pair;
	bool state = rule_is(rule_get(rule_get(vmap, "key"), "ct"), "key",
			     "state");

	for (size_t i = 0; i < items(pairs); i++) {
		pair = item(pairs, i);
		if (!state)
			walk_verdict(w, rule, item(pair, 1),
				     demand | DEMAND_MORE, depth);
		else if (names_new(item(pair, 0)))
			walk_verdict(w, rule, item(pair, 1),
				     demand | DEMAND_NEW, depth);
	}
}

static void walk_rule(struct walk *w, json_object *rule, int demand, int depth)
{
	json_object *exprs = rule_get(rule, "expr"), *expr, *part;

	for (size_t i = 0; i < items(exprs); i++) {
		expr = item(exprs, i);
		if ((part = rule_get(expr, "match")))
			demand |= demand_of_match(part);
		else if ((part = rule_get(expr, "xt")))
			demand |= demand_of_xt(part);
		else if (rule_get(expr, "limit"))
			demand |= DEMAND_MORE;
		if (demand & DEMAND_NEVER)
			return;
		if ((part = rule_get(expr, "vmap")))
			walk_map(w, rule, part, demand, depth);
		else
			walk_verdict(w, rule, expr, demand, depth);
	}
}

static void walk_chain(struct walk *w, json_object *table, const char *chain,
		       int demand, int depth)
{
	json_object *rule;

	if (depth > DEPTH_MAX)
		return;
	for (size_t i = 0; i < items(w->rules); i++) {
		rule = rule_get(item(w->rules, i), "rule");
		if (rule && rule_same_table(rule, table) &&
		    rule_is(rule, "chain", chain))
			walk_rule(w, rule, demand, depth);
	}
}

enum check_level rules_drop_unseen(json_object *rules, char where[128])
{
	struct walk w = { .rules = rules, .where = where };
	json_object *chain;

	for (size_t i = 0; i < items(rules); i++) {
		chain = rule_get(item(rules, i), "chain");
		if (rule_is(chain, "hook", "prerouting") ||
		    rule_is(chain, "hook", "input"))
			walk_chain(&w, chain, rule_text(chain, "name"), 0, 0);
	}
	return w.worst;
}

/* Each of these makes the kernel hook conntrack into the namespace. */
bool rules_use_conntrack(json_object *rules)
{
	static const char *const words[] = {
		"\"ct\":",	 "\"type\":\"nat\"",	   "\"ct count\":",
		"\"synproxy\":", "\"name\":\"conntrack\"", "\"name\":\"state\"",
	};
	const char *text =
		json_object_to_json_string_ext(rules, JSON_C_TO_STRING_PLAIN);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}
