// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* hf_ingress by BPF_PROG_TEST_RUN: verdict, counters, packet, record. Root. */
#include <stdio.h>
#include <stdlib.h>

#include "suite.h"

struct rig rig, rig_partial;
struct rig rig_splice = { .with_tc = true, .handoff = HF_HANDOFF_SPLICE };

static void reset(void)
{
	rig_reset(&rig);
}

static void add(Suite *suite, TCase *tcase)
{
	tcase_add_checked_fixture(tcase, reset, NULL);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
}

/* Counters that were raised, for tests/raised.sh. */
static void note_raised(void)
{
	const char *path = getenv("HF_RAISED");
	FILE *fp = path ? fopen(path, "a") : NULL;

	if (!fp)
		return;
	rig_list_raised(&rig, fp);
	fclose(fp);
}

int main(void)
{
	Suite *suite = suite_create("ingress");
	SRunner *runner = srunner_create(suite);
	int failed;

	rig_isolate();
	rig_load(&rig, false, RIG_FLOWS_MAX);
	rig_load(&rig_partial, true, RIG_FLOWS_MAX);
	rig_load(&rig_splice, false, RIG_FLOWS_MAX);
	add(suite, answer_tcase());
	add(suite, verdict_tcase());
	add(suite, ack_tcase());
	add(suite, replay_tcase());
	add(suite, half_tcase());
	add(suite, flow_tcase());
	add(suite, found_tcase());
	add(suite, reap_tcase());
	add(suite, closed_tcase());
	add(suite, stray_tcase());
	add(suite, forgery_tcase());
	add(suite, brake_tcase());
	add(suite, trace_tcase());
	add(suite, fast_tcase());
	add(suite, steady_tcase());
	add(suite, idle_tcase());
	srunner_run_all(runner, CK_ENV);
	note_raised();
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
