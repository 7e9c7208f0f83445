/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* HTTP for those on this machine, in the daemon's loop: libevent's, with limits. */
#ifndef HANDFAST_HTTP_H
#define HANDFAST_HTTP_H

#include <event2/http.h>
#include <stddef.h>

#include "lib/failure.h"

struct http;

/* Reply to `req`, a GET or a HEAD of `path`. */
typedef void (*http_answer_fn)(struct evhttp_request *req, const char *path,
			       void *arg);

/* Listen at `endpoint` (lib/endpoint.h), which it is. NULL with the failure. */
struct http *http_open(struct event_base *base, const char *endpoint,
		       http_answer_fn answer, void *arg, struct failure *f);
void http_close(struct http *h);

/* 200, with what GET gets or HEAD would. */
void http_reply(struct evhttp_request *req, const char *type, const char *text,
		size_t len);

#endif
