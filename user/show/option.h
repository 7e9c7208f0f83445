/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Options of commands, in rows, and what was given of them. */
#ifndef HANDFAST_OPTION_H
#define HANDFAST_OPTION_H

/* A table of these ends with .help NULL. */
struct arg_option {
	int id;			/* the letter; above 255: it has none */
	const char *word;	/* without "--" */
	const char *value;	/* what follows, as help calls it, or NULL; in
				 * brackets: a number, or nothing */
	const char *help;	/* "": hidden, no help tells of it */
};

struct given {
	int id;			/* of the command's own options */
	const char *value;	/* NULL or "" where it takes none */
};

/* The option's last value (a pointer to "" if it takes none), or NULL. */
const char *option_value(const struct given *given, int nr, int id);

/* Options without a letter. */
enum option_id {
	OPT_ALL = 256,
	OPT_NOW,
	OPT_SERVICES,
	OPT_INTERFACES,
	OPT_LIMIT,
	OPT_STATE,
	OPT_SERVICE,
	OPT_CLIENT,
	OPT_TRANSITIONS,
	OPT_IDLE,
	OPT_AGE,
	OPT_REASON,
	OPT_DROPS,
	OPT_TRY,
	OPT_BATCH,
	OPT_INTERVAL,
	OPT_SORT,
	OPT_FILTER,
	OPT_INTERFACE,
	OPT_VLAN,
	OPT_VERDICT,
	OPT_SAMPLE,
	OPT_PCAP,
	OPT_WORDS,
};

#endif
