/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calm or flood, and whether a daemon is behind it. */
#ifndef HANDFAST_VIEW_PHASE_H
#define HANDFAST_VIEW_PHASE_H

#include "instance.h"

/* Cookies that are guessed. */
struct forgery_view {
	uint64_t budget;	/* connections an hour, 0: any number */
	double expected;	/* ... at the rate of guesses that are checked */
	unsigned int bits;	/* a guess hits once in 2^bits, without ... */
	unsigned int bits_ts;	/* ... and with timestamps */
};

enum phase_kind {
	PHASE_UNKNOWN,		/* nothing is attached */
	PHASE_CALM,
	PHASE_FLOOD,
	PHASE_NR,
};

/* NULL, "calm", "flood". */
extern const char *const phase_names[PHASE_NR];

/* As the data plane would see it now. */
struct phase_view {
	enum phase_kind kind;
	uint64_t now_ms;
	uint64_t since_s;
	uint64_t syn_rate;	/* SYNs a second, about now */
	char why[HF_TEXT_MAX];	/* or empty */
	bool orphaned;		/* the daemon is silent too long: SYNs pass */
	struct forgery_view forgery;
	char full[HF_TEXT_MAX];	/* so do they without room: how little, or "" */
};

/* Why nothing is armed while `orphaned`. */
extern const char phase_orphaned_why[];

/* `now_ms` of clock_mono_ms(). 0 or -errno. */
int phase_view_read(const struct instance *i, uint64_t now_ms,
		    struct phase_view *ph);

/* s since the instance was attached; 0: not known. */
uint64_t phase_uptime_s(const struct hf_meta *meta, uint64_t now_ms);

#endif
