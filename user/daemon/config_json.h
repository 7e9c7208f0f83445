/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HANDFAST_CONFIG_JSON_H
#define HANDFAST_CONFIG_JSON_H

#include <json-c/json.h>

#include "lib/config.h"

/* Each key of the file, but for [service SPEC]: {KEY: value}, to be put. */
json_object *config_json(const struct config *c);

#endif
