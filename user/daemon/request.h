/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the control socket is asked, and the answers; lib/ctl.h has the protocol. */
#ifndef HANDFAST_REQUEST_H
#define HANDFAST_REQUEST_H

#include <json-c/json.h>
#include <stdbool.h>

#include "access.h"

struct daemon;

struct answer {
	json_object *reply;	/* to be put */
	bool maps;		/* their file descriptors go with it */
	int file;		/* or this one, to be closed; -1: none */
};

/* Do what is asked, as far as who asks may. */
void request_answer(struct daemon *d, json_object *request, enum access access,
		    struct answer *a);

#endif
