// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* TCP options as members: see options_json.h. */
#include "emit.h"
#include "options_json.h"

void json_wscale(const char *name, unsigned int shift)
{
	if (shift < HF_WSCALE_NONE)
		emit_number(name, shift);
	else
		emit_null(name);
}

void json_options(__u8 options, unsigned int wscale)
{
	json_wscale("wscale", wscale);
	emit_bool("sack", options & HF_OPT_SACK);
	emit_bool("timestamps", options & HF_OPT_TS);
	emit_bool("ecn", options & HF_OPT_ECN);
}
