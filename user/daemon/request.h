/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the control socket is asked, and the answers; lib/ctl.h has the protocol. */
#ifndef HANDFAST_REQUEST_H
#define HANDFAST_REQUEST_H

#include <json-c/json.h>

struct daemon;

/*
 * Do what is asked. The reply is to be put; so many of the maps' file
 * descriptors, in `fds`, go with it.
 */
json_object *request_answer(struct daemon *d, json_object *request, int *fds);

#endif
