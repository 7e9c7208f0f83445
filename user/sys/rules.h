/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* nftables rules of the namespace, as libnftables writes them in JSON. */
#ifndef HANDFAST_RULES_H
#define HANDFAST_RULES_H

#include <json-c/json.h>
#include <nftables/libnftables.h>
#include <stdbool.h>

/* NULL where there is no nftables. */
struct nft_ctx *rules_open(void);

/*
 * All tables, chains and rules: an array of objects with one member each, to
 * be put by the caller; NULL if they cannot be read.
 */
json_object *rules_read(struct nft_ctx *nft);

/* A member, or NULL; its text, or ""; is it this text? */
json_object *rule_get(json_object *o, const char *key);
const char *rule_text(json_object *o, const char *key);
bool rule_is(json_object *o, const char *key, const char *text);

/* Are two rules or chains of the same table? */
bool rule_same_table(json_object *a, json_object *b);

#endif
