/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of test_ingress, one file each. */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>

#include "rig.h"

/* Loaded once. The first is reset before a test, the others by those few that
 * use them: much is written then. */
extern struct rig rig;
extern struct rig rig_partial;		/* partial checksums are accepted */
extern struct rig rig_splice;		/* tc programs of the handoff splice */

TCase *answer_tcase(void);		/* SYNs that are answered */
TCase *verdict_tcase(void);		/* everything that is not answered */
TCase *ack_tcase(void);			/* third segments */
TCase *replay_tcase(void);		/* third segments that come too late */
TCase *half_tcase(void);		/* SYNs that are remembered */
TCase *flow_tcase(void);		/* segments of known connections */
TCase *closed_tcase(void);		/* what keeps a proof from opening twice */
TCase *stray_tcase(void);		/* what proves nothing and asks for nothing */
TCase *forgery_tcase(void);		/* guesses at cookies */
TCase *brake_tcase(void);		/* handshakes that become no sockets */
TCase *found_tcase(void);		/* services behind that answer */
TCase *reap_tcase(void);		/* ends, presence filter, room */
TCase *trace_tcase(void);		/* what `handfast trace` is told */
TCase *fast_tcase(void);		/* the commonest SYNs of a flood */
TCase *steady_tcase(void);		/* the commonest segments of connections */
TCase *idle_tcase(void);		/* what passes while calm */

/* The same under flood, whether usual SYNs were answered just before or not? `setup`
 * may be NULL. */
void fast_compare(const char *name, const struct spec *in, bool ip6,
		  void (*setup)(bool ip6));

#endif
