/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What commands show, and one set of functions a format to show it with. */
#ifndef HANDFAST_OUTPUT_H
#define HANDFAST_OUTPUT_H

#include "explain.h"
#include "lib/fsm.h"
#include "lib/names.h"
#include "top_page.h"
#include "view/attached.h"
#include "view/check.h"
#include "view/flows.h"
#include "view/instance.h"
#include "view/keys.h"
#include "view/lab.h"
#include "view/services.h"
#include "view/states.h"
#include "view/status.h"
#include "view/verdict.h"

/* A document is head, parts, tail; a list is its head, rows, end. */
struct output {
	void (*head)(const struct instance *i);
	void (*status)(const struct instance *i, const struct status_view *s);
	void (*services)(void);
	void (*service)(const struct service_view *v);
	void (*services_end)(void);
	/* `of`: a service or an interface, NULL: the sum; `all`: zeros too */
	void (*counters)(const char *of, const struct hf_counters *c, bool all);
	void (*counters_by)(const char *what);
	void (*counters_by_end)(void);
	void (*states)(const struct states_view *v);
	void (*transitions)(void);
	void (*transition)(enum hf_state from, enum hf_event event,
			   uint64_t taken);
	void (*transitions_end)(void);
	void (*flows)(void);
	void (*flow)(const struct flow_view *v);
	void (*flows_end)(uint64_t total);
	/* selftest: each case (`why` empty: it passed), and the sum */
	void (*tests)(void);
	void (*tested)(const char *what, const char *why);
	void (*tests_end)(bool ok, const char *verdict);
	void (*verdict)(const struct verdict *v);	/* a document each */
	/* a whole document; `page` has sort and filter */
	void (*top)(const struct instance *i, const struct top_view *v,
		    const struct top_page *page);
	void (*explain)(const struct explain_view *v);
	void (*checks)(bool ok);
	void (*check)(const struct check *c);
	void (*checks_end)(void);
	void (*incidents)(void);
	void (*incident)(const struct hf_incident *in);
	void (*incidents_end)(void);
	void (*keys)(const struct keys_view *k);
	void (*attached)(const struct attached_view *v);
	void (*detached)(const char *iface);	/* NULL: all */
	void (*confirm)(void);
	void (*confirmed)(const char *iface);
	void (*confirm_end)(bool none);	/* is on trial */
	/* what is there from now on, and what was until now */
	void (*lab_up)(const struct lab_place *p);
	void (*lab_down)(const struct lab_place *p);
	/* each second, beside a second ago; false: the reader is gone */
	bool (*lab_second)(const struct lab_view *is,
			   const struct lab_view *was);
	void (*lab)(const struct lab_view *v);
	void (*reload)(void);
	void (*later)(const char *key);	/* needs a new start */
	void (*reload_end)(void);
	void (*version)(void);
	void (*tail)(void);
};

extern const struct output output_text, output_json;

#endif
