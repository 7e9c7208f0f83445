/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the daemon listens for those who are on this machine. */
#ifndef HANDFAST_ENDPOINT_H
#define HANDFAST_ENDPOINT_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

struct endpoint {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} addr;
	socklen_t len;		/* of `addr` */
};

/*
 * 127.0.0.1:9477, [::1]:9477, or the absolute path of a Unix socket. 0, -EINVAL:
 * none of these, -EACCES: an address that others reach, or -ENAMETOOLONG.
 */
int endpoint_parse(struct endpoint *e, const char *text);

#endif
