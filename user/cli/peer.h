/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The instance's daemon, spoken to over its control socket. */
#ifndef HANDFAST_CLI_PEER_H
#define HANDFAST_CLI_PEER_H

#include <json-c/json.h>

#include "cli.h"

struct peer {
	const char *name;	/* of the instance */
	int fd;			/* control socket, -1: nobody listens */
	int pidfd;		/* its process, -1: not known */
};

/* 0, or -errno: -ENOENT, -ECONNREFUSED without a daemon. */
int peer_connect(struct peer *p, const char *name);
/* The same, and says on stderr why not. */
int peer_connect_or_say(struct peer *p, const char *name);
void peer_close(struct peer *p);

/*
 * Send `request`, which is put, and wait for the reply. 0 with *reply to be
 * put, or -errno.
 */
int peer_ask(const struct peer *p, json_object *request, json_object **reply,
	     int timeout_ms);

/* The same; *file becomes one that came with the reply, to be closed, or -1. */
int peer_ask_file(const struct peer *p, json_object *request,
		  json_object **reply, int *file, int timeout_ms);

/* {"command": command} */
json_object *peer_request(const char *command);

/* Members of a reply; 0 and false if absent. */
int reply_number(json_object *reply, const char *key);
bool reply_bool(json_object *reply, const char *key);

/* CLI_DONE if it says ok, else its error is said and its exit is returned. */
enum cli_exit reply_check(json_object *reply);

/* Say why there is no reply; returns CLI_FAILED. */
enum cli_exit peer_silent(const struct peer *p, int err);

/* Wait for its end: true as soon as it has ended. */
bool peer_ended(const struct peer *p, int timeout_ms);

/*
 * Start handfastd with `argv` in the background and wait until it is armed.
 * Its words until then go to stderr; its exit is returned if it fails.
 */
enum cli_exit daemon_start(const char *name, char **argv);

/* By the pins alone, its socket too; `pidfd` is a daemon that hangs, or -1. */
void daemon_teardown(const char *name, int pidfd);

#endif
