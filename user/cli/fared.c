// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How clients of a lab fared: see fared.h. */
#include <inttypes.h>
#include <stdio.h>

#include "fared.h"
#include "format/emit.h"
#include "view/instance.h"

/* "2 912 431" */
static const char *grouped(char text[32], uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	char *to = text;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ' ';
		*to++ = digits[i];
	}
	*to = '\0';
	return text;
}

bool fared_say_second(const struct run_sums *is, const struct run_sums *was)
{
	char rate[32], served[32], failed[32];

	printf("%3.0f s: %s SYN/s, clients: %s served, %s failed\n",
	       is->at_us / 1e6,
	       grouped(rate, (is->sent - was->sent) * 1000000 /
				     (is->at_us - was->at_us)),
	       grouped(served, is->served - was->served),
	       grouped(failed, is->failed - was->failed));
	return !fflush(stdout);	/* its reader may be gone */
}

bool fared_say_nothing(const struct run_sums *is, const struct run_sums *was)
{
	(void)is;
	(void)was;
	return true;
}

void fared_say_sums(const struct run_sums *s)
{
	char sent[32], served[32], all[32];

	printf("%s SYNs sent; %s of %s clients served", grouped(sent, s->sent),
	       grouped(served, s->served), grouped(all, s->served + s->failed));
	if (s->served)
		printf(", slowest %.1f ms", s->slowest_us / 1e3);
	putchar('\n');
}

void fared_emit_sums(const struct output *out, const char *name,
		     const struct run_sums *s)
{
	struct instance i;

	if (!instance_open(&i, name))
		instance_close(&i);
	out->head(&i);
	emit_number("duration_ms", s->at_us / 1000);
	emit_number("syn_sent", s->sent);
	emit_number("clients_served", s->served);
	emit_number("clients_failed", s->failed);
	if (s->served)
		emit_number("slowest_us", s->slowest_us);
	else
		emit_null("slowest_us");
	out->tail();
}
