// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A flood in the log: see incident_log.h. */
#include <stdio.h>

#include "incident_log.h"
#include "lib/log.h"
#include "lib/names.h"

/* Of each event one for good, by which a journal is searched. */
#define BEGINS_ID	"372399989f7d42e8a1886593cebc01bf"
#define OVER_ID	"af11cc4f2b4449daaeee7378fb105fd8"

static unsigned long long length_s(const struct hf_incident *r)
{
	return (r->length_ms + 500) / 1000;
}

void incident_say_begin(const struct hf_incident *r)
{
	char rate[24];
	const struct log_field fields[] = {
		{ "MESSAGE_ID", BEGINS_ID },
		{ "HANDFAST_EVENT", "flood-begins" },
		{ "HANDFAST_SERVICE", r->service },
		{ "HANDFAST_PEAK_SYN_RATE", rate },
		{},
	};

	snprintf(rate, sizeof(rate), "%llu", (unsigned long long)r->peak);
	log_event(fields, "flood of %s%s%s: now %s SYN/s",
		  r->kind == HF_INCIDENT_SYN ? "SYNs"
					     : "segments that prove nothing",
		  r->service[0] ? " on " : "", r->service, rate);
}

static void say_end(const struct hf_incident *r, const struct log_field *fields)
{
	const struct hf_counters *c = &r->counted;

	log_event(
		fields,
		"flood%s%s is over after %llu s: at most %llu SYN/s, %llu SYNs, "
		"%llu answered, %llu passed, %llu dropped; %llu clients let in, "
		"%llu ACKs rejected",
		r->service[0] ? " on " : "", r->service, length_s(r),
		(unsigned long long)r->peak,
		(unsigned long long)c->n[HF_CNT_SYN_SEEN],
		(unsigned long long)counter_total(c, HF_TOTAL_SYN_ANSWERED),
		(unsigned long long)counter_total(c, HF_TOTAL_SYN_PASSED),
		(unsigned long long)counter_total(c, HF_TOTAL_SYN_DROPPED),
		(unsigned long long)c->n[HF_CNT_ACK_ACCEPTED],
		(unsigned long long)counter_total(c, HF_TOTAL_ACK_REJECTED));
}

void incident_say_end(const struct hf_incident *r)
{
	char rate[24], length[24];
	const struct log_field fields[] = {
		{ "MESSAGE_ID", OVER_ID },
		{ "HANDFAST_EVENT", "flood-over" },
		{ "HANDFAST_SERVICE", r->service },
		{ "HANDFAST_PEAK_SYN_RATE", rate },
		{ "HANDFAST_LENGTH_S", length },
		{},
	};

	snprintf(rate, sizeof(rate), "%llu", (unsigned long long)r->peak);
	snprintf(length, sizeof(length), "%llu", length_s(r));
	say_end(r, fields);
}
