// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * HTTP for those on this machine: see http.h.
 *
 * A guest gets one reply and is gone. The daemon has better things to do, so
 * nobody may use up its files, its memory or its time: a request is short, a guest
 * that says nothing leaves after SILENT_S and any other after GUEST_MS, however
 * slowly it talks; and there are GUESTS_MAX at most. Who comes when the house is
 * full waits with the kernel until some have left, for which the oldest are asked.
 *
 * libevent does not tell how many connections its server has, nor when one ends.
 * So each guest's bufferevent is made here and held once more: when the server
 * frees it its callbacks are gone, which a look every LOOK_MS finds, and the file
 * is closed then.
 */
#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http.h"
#include "lib/clock.h"
#include "lib/endpoint.h"

#define GUESTS_MAX	32
#define GUESTS_ASKED	8	/* to leave, when there are so many */
#define BACKLOG		256	/* that wait with the kernel */
#define LOOK_MS		10
#define GUEST_MS	10000
#define SILENT_S	5
#define REQUEST_BYTES	4096	/* line and headers */
#define BODY_BYTES	1024	/* that nobody needs */
#define FORBIDDEN	403	/* libevent has no name for it */

struct guest {
	struct bufferevent *bev;
	uint64_t since_ms;
};

struct http {
	struct evhttp *server;
	struct evconnlistener *listener;	/* the server's */
	struct event *look;
	struct guest guest[GUESTS_MAX];		/* the oldest first */
	int guests;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];	/* or "" */
	http_answer_fn answer;
	void *arg;
};

/* The server finds the end of what it reads, and of what it may write. */
static void ask_to_leave(const struct guest *g)
{
	shutdown(bufferevent_getfd(g->bev), SHUT_RDWR);
}

static bool has_left(const struct guest *g)
{
	bufferevent_event_cb callback;

	bufferevent_getcb(g->bev, NULL, NULL, &callback, NULL);
	return !callback;
}

static void look(struct http *h, uint64_t now_ms)
{
	int stay = 0;

	for (int i = 0; i < h->guests; i++) {
		struct guest *g = &h->guest[i];

		if (has_left(g)) {
			bufferevent_decref(g->bev);
			continue;
		}
		if (now_ms - g->since_ms > GUEST_MS)
			ask_to_leave(g);
		h->guest[stay++] = *g;
	}
	h->guests = stay;
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct http *h = arg;

	(void)fd;
	(void)what;
	look(h, clock_mono_ms());
	if (h->guests < GUESTS_MAX)
		evconnlistener_enable(h->listener);
	if (!h->guests)
		event_del(h->look);
}

static struct bufferevent *on_guest(struct event_base *base, void *arg)
{
	static const struct timeval soon = { .tv_usec = LOOK_MS * 1000 };
	struct http *h = arg;
	struct bufferevent *bev = bufferevent_socket_new(base, -1,
							 BEV_OPT_CLOSE_ON_FREE);

	assert(h->guests < GUESTS_MAX);
	if (!bev)
		return NULL;
	bufferevent_incref(bev);
	bufferevent_setwatermark(bev, EV_READ, 0, 2 * REQUEST_BYTES);
	h->guest[h->guests++] = (struct guest){ bev, clock_mono_ms() };
	if (h->guests == 1)
		event_add(h->look, &soon);
	if (h->guests < GUESTS_MAX)
		return bev;
	evconnlistener_disable(h->listener);
	for (int i = 0; i < GUESTS_ASKED; i++)
		ask_to_leave(&h->guest[i]);
	return bev;
}

static void set_headers(struct evhttp_request *req)
{
	static const char *const headers[][2] = {
		{ "Cache-Control", "no-store" },
		{ "Connection", "close" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Referrer-Policy", "no-referrer" },
		{ "X-Content-Type-Options", "nosniff" },
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		evhttp_add_header(evhttp_request_get_output_headers(req),
				  headers[i][0], headers[i][1]);
}

void http_reply(struct evhttp_request *req, const char *type, const char *text,
		size_t len)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	struct evbuffer *body = NULL;
	char length[24];

	if (evhttp_request_get_command(req) != EVHTTP_REQ_HEAD) {
		body = evbuffer_new();
		if (!body || evbuffer_add(body, text, len)) {
			evhttp_send_error(req, HTTP_INTERNAL, NULL);
			goto out;
		}
	}
	snprintf(length, sizeof(length), "%zu", len);
	evhttp_add_header(headers, "Content-Length", length);
	evhttp_add_header(headers, "Content-Type", type);
	evhttp_send_reply(req, HTTP_OK, "OK", body);
out:
	if (body)
		evbuffer_free(body);
}

/*
 * A browser asks in the name that its page has: one that somebody lets point at this
 * host would read along. Addresses and "localhost" are nobody else's.
 */
static bool host_is_own(const struct http *h, struct evhttp_request *req)
{
	const char *host =
		evhttp_find_header(evhttp_request_get_input_headers(req),
				   "Host");
	size_t len;

	if (h->path[0] || !host || *host == '[')
		return true;
	len = strcspn(host, ":");
	return strspn(host, "0123456789.") == len ||
	       (len == 9 && !strncasecmp(host, "localhost", len));
}

static void on_request(struct evhttp_request *req, void *arg)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = evhttp_uri_get_path(uri);
	const struct http *h = arg;

	set_headers(req);
	if (!host_is_own(h, req)) {
		evhttp_send_reply(req, FORBIDDEN, "Forbidden", NULL);
		return;
	}
	switch (evhttp_request_get_command(req)) {
	case EVHTTP_REQ_GET:
	case EVHTTP_REQ_HEAD: h->answer(req, path ?: "", h->arg); break;
	default:
		evhttp_add_header(evhttp_request_get_output_headers(req),
				  "Allow", "GET, HEAD");
		evhttp_send_reply(req, HTTP_BADMETHOD, "Method Not Allowed",
				  NULL);
	}
}

/* Whose socket this was does not listen there any more: true, and it is gone. */
static bool remove_stale(const struct endpoint *e)
{
	const char *path = e->addr.un.sun_path;
	struct stat st;
	bool stale;
	int fd;

	if (e->addr.sa.sa_family != AF_UNIX || lstat(path, &st) ||
	    !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	stale = fd >= 0 && connect(fd, &e->addr.sa, e->len) &&
		errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return stale && !unlink(path);
}

static struct evconnlistener *bind_to(struct event_base *base,
				      const struct endpoint *e)
{
	mode_t before = umask(0177);	/* the file's */
	struct evconnlistener *listener =
		evconnlistener_new_bind(base, NULL, NULL,
					LEV_OPT_CLOSE_ON_EXEC |
						LEV_OPT_CLOSE_ON_FREE |
						LEV_OPT_REUSEABLE,
					BACKLOG, &e->addr.sa, e->len);

	umask(before);
	return listener;
}

/* 0 or -errno. */
static int start_listening(struct http *h, struct event_base *base,
			   const struct endpoint *e)
{
	struct evconnlistener *listener = bind_to(base, e);
	int err = listener ? 0 : -errno;

	if (err == -EADDRINUSE && remove_stale(e)) {
		listener = bind_to(base, e);
		err = listener ? 0 : -errno;
	}
	if (err)
		return err;
	if (e->addr.sa.sa_family == AF_UNIX)
		strcpy(h->path, e->addr.un.sun_path);
	if (!evhttp_bind_listener(h->server, listener)) {
		evconnlistener_free(listener);
		return -ENOMEM;
	}
	h->listener = listener;
	return 0;
}

static void set_limits(struct http *h)
{
	evhttp_set_max_headers_size(h->server, REQUEST_BYTES);
	evhttp_set_max_body_size(h->server, BODY_BYTES);
	evhttp_set_timeout(h->server, SILENT_S);
	evhttp_set_allowed_methods(
		h->server, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
				   EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
				   EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
				   EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
	evhttp_set_gencb(h->server, on_request, h);
	evhttp_set_bevcb(h->server, on_guest, h);
}

struct http *http_open(struct event_base *base, const char *endpoint,
		       http_answer_fn answer, void *arg, struct failure *f)
{
	struct http *h = calloc(1, sizeof(*h));
	struct endpoint e;
	int err = -ENOMEM;

	if (!h)
		goto err;
	h->answer = answer;
	h->arg = arg;
	h->server = evhttp_new(base);
	h->look = event_new(base, -1, EV_PERSIST, on_look, h);
	if (!h->server || !h->look)
		goto err;
	set_limits(h);
	err = endpoint_parse(&e, endpoint) ?: start_listening(h, base, &e);
	if (!err)
		return h;
err:
	failure_set(f, "metrics: %.108s: %s", endpoint, strerror(-err));
	http_close(h);
	return NULL;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	if (h->path[0])
		unlink(h->path);
	if (h->server)
		evhttp_free(h->server);
	look(h, 0);
	if (h->look)
		event_free(h->look);
	free(h);
}
