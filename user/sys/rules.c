// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* nftables rules of the namespace: see rules.h. */
#include <string.h>

#include "rules.h"

struct nft_ctx *rules_open(void)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);

	if (!nft)
		return NULL;
	nft_ctx_buffer_output(nft);
	nft_ctx_buffer_error(nft);
	nft_ctx_output_set_flags(nft,
				 NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_TERSE);
	return nft;
}

json_object *rules_read(struct nft_ctx *nft)
{
	json_object *root = NULL, *items;

	if (!nft_run_cmd_from_buffer(nft, "list ruleset"))
		root = json_tokener_parse(nft_ctx_get_output_buffer(nft));
	items = rule_get(root, "nftables");
	if (!json_object_is_type(items, json_type_array))
		items = NULL;
	json_object_get(items);
	json_object_put(root);
	return items;
}

json_object *rule_get(json_object *o, const char *key)
{
	json_object *value = NULL;

	if (json_object_is_type(o, json_type_object))
		json_object_object_get_ex(o, key, &value);
	return value;
}

const char *rule_text(json_object *o, const char *key)
{
	json_object *value = rule_get(o, key);

	return json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : "";
}

bool rule_is(json_object *o, const char *key, const char *text)
{
	return !strcmp(rule_text(o, key), text);
}

bool rule_same_table(json_object *a, json_object *b)
{
	return rule_is(a, "family", rule_text(b, "family")) &&
	       rule_is(a, "table", rule_text(b, "table"));
}
