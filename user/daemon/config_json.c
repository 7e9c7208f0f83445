// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The configuration in force, for programs. */
#include <stdlib.h>
#include <string.h>

#include "config_json.h"

static json_object *value_of(const struct config *c, const struct config_key *k)
{
	bool list = k->type == CONFIG_SPECS || k->type == CONFIG_IFACES;
	char text[CONFIG_TEXT_MAX];
	json_object *all = NULL;
	const char *one;

	if (list)
		all = json_object_new_array();
	for (int n = 0; (one = config_text(c, k, n, text)); n++) {
		if (list)
			json_object_array_add(all, json_object_new_string(one));
		else if (k->type == CONFIG_FLAG)
			return json_object_new_boolean(!strcmp(one, "yes"));
		else if (k->type == CONFIG_WORD || k->type == CONFIG_GROUP ||
			 k->type == CONFIG_PATH || k->type == CONFIG_ENDPOINT)
			return json_object_new_string(one);
		else
			return json_object_new_double_s(strtod(one, NULL), one);
	}
	return all;
}

json_object *config_json(const struct config *c)
{
	json_object *all = json_object_new_object();

	for (const struct config_key *k = config_keys; k->name; k++)
		json_object_object_add(all, k->name, value_of(c, k));
	return all;
}
