/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Control protocol: one JSON object there, one back, each one message of a
 * Unix SOCK_SEQPACKET socket, /run/handfast/NAME.sock.
 *
 * Request: {"command": ...}. Reply: {"ok": true, ...} or {"ok": false,
 * "error": "what: why", "try": "cure" | null, "exit": 1 | 2}. The reply to
 * "maps" carries the maps' file descriptors, in the order of enum hf_map, and
 * has the configuration in force, {"config": {KEY: value}}.
 *
 * Members of control_group may ask for what is shown alone, {"command": "flows",
 * "json": b, "options": {"limit": "5"}}: the reply {"ok": true, "exit": 0 | 1}
 * carries a file with it. Maps are not for them, not even to read: records tell the
 * sequence numbers of everybody's connections.
 */
#ifndef HANDFAST_CTL_H
#define HANDFAST_CTL_H

#include <json-c/json.h>
#include <sys/types.h>

#include "maps.h"

#define CTL_DIR			"/run/handfast"
#define CTL_MESSAGE_MAX		65536
#define CTL_TIMEOUT_MS		1000

#define CTL_PATH_MAX		108	/* of a sockaddr_un */

/* Path of the lock that a `handfast trace` holds. */
void ctl_trace_path(char path[CTL_PATH_MAX], const char *name);

/*
 * One daemon a name: it takes the lock before the socket's path, which the next
 * one would unlink. A file descriptor, or -EWOULDBLOCK: somebody else has it; or
 * another -errno.
 */
int ctl_lock(const char *name);
void ctl_unlock(int fd, const char *name);

/* Path of the socket into `path` of at least 108 bytes. */
void ctl_path(char *path, const char *name);

/*
 * Connected socket, or -ENOENT, -ECONNREFUSED without a daemon, -ETIMEDOUT
 * with one that hangs. `pid`, if not NULL, becomes the daemon's process id.
 */
int ctl_connect(const char *name, pid_t *pid);

struct ctl_reply {
	json_object *object;	/* to be put */
	struct maps *maps;	/* NULL, or where file descriptors that come
				 * along go; -1 where none do */
	int *file;		/* the same for one file */
};

/*
 * Send `request` and wait for the reply. Returns 0, or -errno (-ETIMEDOUT: the
 * daemon hangs) and no object.
 */
int ctl_request(int fd, json_object *request, struct ctl_reply *reply,
		int timeout_ms);

/* Send one message with `nr` file descriptors; 0 or -errno. */
int ctl_send(int fd, json_object *message, const int *fds, int nr);

#endif
