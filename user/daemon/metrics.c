// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the daemon shows by HTTP: see metrics.h.
 *
 * What is read of the maps holds the loop, so that it is kept for a while, and for
 * ten times as long as it took: whoever asks for one of the three documents all the
 * time takes a tenth of the daemon's, however much there is to read. The loop's poll
 * comes late by what one reading takes; traffic waits for none of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include "access.h"
#include "daemon.h"
#include "format/metrics.h"
#include "http.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "metrics.h"
#include "page.h"
#include "shown.h"

#define KEPT_US		250000
#define KEPT_TIMES	10

/* What is made anew from time to time. */
enum document {
	DOCUMENT_PROMETHEUS,
	DOCUMENT_OPENMETRICS,
	DOCUMENT_STATUS,
	DOCUMENT_NR,
};

struct kept {
	char *text;
	size_t len;
	uint64_t until_us;
};

struct metrics {
	struct daemon *daemon;
	struct http *http;
	struct kept kept[DOCUMENT_NR];
	uint64_t held_us;	/* by the reading before */
};

static int make_metrics(struct metrics *m, FILE *to, enum metrics_format format)
{
	struct instance i = {
		.name = m->daemon->config.name,
		.maps = m->daemon->dp.maps,
		.running = true,
	};
	struct metrics_view *v = malloc(sizeof(*v));
	int err = v ? metrics_view_read(&i, v) : -ENOMEM;

	if (!err) {
		v->held_s = m->held_us / 1e6;
		metrics_print(to, format, v);
	}
	free(v);
	return err;
}

/* What `handfast COMMAND --json` shows. */
static int put_shown(struct metrics *m, FILE *to, const char *command)
{
	json_object *request = json_object_new_object();
	char part[4096];
	struct failure f;
	int file, exit;
	ssize_t len;

	json_object_object_add(request, "json", json_object_new_boolean(true));
	file = shown_make(m->daemon, show_find(command), request, &exit, &f);
	json_object_put(request);
	if (file < 0)
		return -EIO;
	lseek(file, 0, SEEK_SET);
	while ((len = read(file, part, sizeof(part))) > 0)
		fwrite(part, 1, len, to);
	close(file);
	return len < 0 ? -errno : 0;
}

static int make_status(struct metrics *m, FILE *to)
{
	static const char *const commands[] = { "status", "counters", "states",
						"services" };
	int err = 0;

	fprintf(to, "{\"at_ms\": %llu", (unsigned long long)clock_mono_ms());
	for (size_t i = 0; !err && i < 4; i++) {
		fprintf(to, ", \"%s\": ", commands[i]);
		err = put_shown(m, to, commands[i]);
	}
	fputs("}\n", to);
	return err;
}

static int make(struct metrics *m, enum document document, FILE *to)
{
	switch (document) {
	case DOCUMENT_PROMETHEUS:
		return make_metrics(m, to, METRICS_PROMETHEUS);
	case DOCUMENT_OPENMETRICS:
		return make_metrics(m, to, METRICS_OPENMETRICS);
	case DOCUMENT_STATUS: return make_status(m, to);
	case DOCUMENT_NR: break;
	}
	return -EINVAL;
}

/* 0 or -errno. */
static int renew(struct metrics *m, enum document document, uint64_t now_us)
{
	struct kept *kept = &m->kept[document];
	FILE *to;
	int err;

	free(kept->text);
	kept->text = NULL;
	to = open_memstream(&kept->text, &kept->len);
	if (!to)
		return -errno;
	err = make(m, document, to);
	if (fclose(to) && !err)
		err = -errno;
	m->held_us = clock_mono_us() - now_us;
	kept->until_us = now_us + KEPT_US;
	if (m->held_us * KEPT_TIMES > KEPT_US)
		kept->until_us = now_us + m->held_us * KEPT_TIMES;
	if (err)
		kept->until_us = 0;
	return err;
}

static void reply_document(struct metrics *m, struct evhttp_request *req,
			   enum document document, const char *type)
{
	struct kept *kept = &m->kept[document];
	uint64_t now_us = clock_mono_us();

	if (now_us >= kept->until_us && renew(m, document, now_us))
		evhttp_send_error(req, HTTP_INTERNAL, NULL);
	else
		http_reply(req, type, kept->text, kept->len);
}

static void answer_metrics(struct metrics *m, struct evhttp_request *req)
{
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(req);
	const char *accept = evhttp_find_header(headers, "Accept");

	if (accept && strcasestr(accept, "application/openmetrics-text"))
		reply_document(m, req, DOCUMENT_OPENMETRICS,
			       metrics_types[METRICS_OPENMETRICS]);
	else
		reply_document(m, req, DOCUMENT_PROMETHEUS,
			       metrics_types[METRICS_PROMETHEUS]);
}

static void answer_status(struct metrics *m, struct evhttp_request *req)
{
	reply_document(m, req, DOCUMENT_STATUS, "application/json");
}

#define NONCE		"@this-is-the-nonce-of-an-answer@" /* in the page */
#define NONCE_LEN	(sizeof(NONCE) - 1)

/* As long as the mark, so that it is put in its place. */
static int make_nonce(char nonce[NONCE_LEN + 1])
{
	unsigned char random[NONCE_LEN / 2];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -1;
	for (size_t i = 0; i < sizeof(random); i++)
		sprintf(nonce + 2 * i, "%02x", random[i]);
	return 0;
}

/* Nothing runs, and nothing is styled, but what is in the page. */
static void set_policy(struct evhttp_request *req, const char *nonce)
{
	char policy[320];

	snprintf(policy, sizeof(policy),
		 "default-src 'none'; script-src 'nonce-%s'; "
		 "style-src 'nonce-%s'; connect-src 'self'; base-uri 'none'; "
		 "form-action 'none'; frame-ancestors 'none'",
		 nonce, nonce);
	evhttp_add_header(evhttp_request_get_output_headers(req),
			  "Content-Security-Policy", policy);
}

static void answer_page(struct metrics *m, struct evhttp_request *req)
{
	size_t len = sizeof(page_html);
	char nonce[NONCE_LEN + 1], *text = malloc(len), *at;

	(void)m;
	if (!text || make_nonce(nonce)) {
		evhttp_send_error(req, HTTP_INTERNAL, NULL);
		free(text);
		return;
	}
	memcpy(text, page_html, len);
	while ((at = memmem(text, len, NONCE, NONCE_LEN)))
		memcpy(at, nonce, NONCE_LEN);
	set_policy(req, nonce);
	http_reply(req, "text/html; charset=utf-8", text, len);
	free(text);
}

static const struct {
	const char *path;
	void (*answer)(struct metrics *m, struct evhttp_request *req);
} pages[] = {
	{ "/", answer_page },
	{ "/metrics", answer_metrics },
	{ "/status.json", answer_status },
};

static void on_request(struct evhttp_request *req, const char *path, void *arg)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(pages[i].path, path))
			continue;
		pages[i].answer(arg, req);
		return;
	}
	evhttp_send_reply(req, HTTP_NOTFOUND, "Not Found", NULL);
}

/* A socket's file is for those who may read by the control socket. */
static int set_access(const struct config *c, struct failure *f)
{
	gid_t gid;

	return c->metrics[0] == '/'
		       ? access_set(c->metrics, c->control_group, &gid, f)
		       : 0;
}

int metrics_open(struct metrics **m, struct daemon *d, struct failure *f)
{
	struct metrics *new;

	*m = NULL;
	if (!strcmp(d->config.metrics, "off"))
		return 0;
	new = calloc(1, sizeof(*new));
	if (!new)
		return failure_set(f, "metrics: no memory");
	new->daemon = d;
	new->http = http_open(d->base, d->config.metrics, on_request, new, f);
	if (!new->http || set_access(&d->config, f)) {
		metrics_close(new);
		return -1;
	}
	*m = new;
	return 0;
}

void metrics_close(struct metrics *m)
{
	if (!m)
		return;
	http_close(m->http);
	for (int i = 0; i < DOCUMENT_NR; i++)
		free(m->kept[i].text);
	free(m);
}
