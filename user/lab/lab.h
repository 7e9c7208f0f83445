/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The lab: three network namespaces with names, a server, clients and a flood, for
 * whoever wants to see handfast without touching a network. Addresses are those of
 * documentation and benchmarks (RFC 5737, RFC 3849, RFC 2544).
 *
 *	hfNAME-cli			hfNAME-srv
 *	+-------------------+	veth	+---------------------------+
 *	| c0                |-----------| s0                        |
 *	| 192.0.2.1         |		| 192.0.2.2                 |
 *	| 2001:db8:0:1::1   |		| 2001:db8:0:1::2           |
 *	+-------------------+		|                           |
 *	hfNAME-fld			|                  port 80, |
 *	+-------------------+	veth	| the default route by s1   |
 *	| f0                |-----------| s1                        |
 *	| 198.51.100.1      |		| 198.51.100.2              |
 *	| 2001:db8:0:2::1   |		| 2001:db8:0:2::2           |
 *	+-------------------+		+---------------------------+
 *
 * NAME is that of the instance that is to protect it. What was made is written to a
 * record before it is there, /run/handfast/NAME.lab: each namespace with its numbers,
 * which no other one has, and the server's process. Whatever the record does not name
 * is somebody else's: no frame is sent there, and it is not removed.
 */
#ifndef HANDFAST_LAB_H
#define HANDFAST_LAB_H

#include <stdio.h>
#include <sys/types.h>

#include "lib/failure.h"
#include "sys/netns.h"

#define LAB_NAME	"lab"	/* where no instance is named */
#define LAB_ALIAS	"handfast lab"	/* of each interface */
#define LAB_PORT	80
#define LAB_TEXT	"hello from the lab\n"	/* what the server says */
#define LAB_PATH_MAX	64

#define LAB_SERVER4	"192.0.2.2"
#define LAB_SERVER6	"2001:db8:0:1::2"
#define LAB_FLOODED4	"198.51.100.2"	/* the server, as the flooder sees it */
#define LAB_FLOODED6	"2001:db8:0:2::2"
#define LAB_URL4	"http://" LAB_SERVER4 "/"
#define LAB_URL6	"http://[" LAB_SERVER6 "]/"
#define LAB_IFACE	"s0"	/* of the server, to its clients, ... */
#define LAB_FLOODED_IFACE	"s1"	/* ... and to the flooder, ... */
#define LAB_FLOOD_IFACE	"f0"	/* ... who has this one */

enum lab_side {
	LAB_SERVER,
	LAB_CLIENT,
	LAB_FLOODER,
	LAB_SIDE_NR,
};

struct lab {
	char record[LAB_PATH_MAX];		/* its path */
	char netns[LAB_SIDE_NR][32];		/* names in /run/netns */
	struct netns_id id[LAB_SIDE_NR];	/* as recorded; zero: none */
	int fd[LAB_SIDE_NR];			/* open, or -1 */
	pid_t server;				/* as recorded, or 0 */
};

/* The names that go with an instance; nothing is open. */
void lab_init(struct lab *l, const char *instance);
void lab_close(struct lab *l);

/* Write the record, anew or more of it; read it; remove it. 0 or -errno: -EEXIST and
 * -ENOENT. */
int lab_begin(const struct lab *l);
int lab_write(const struct lab *l);
int lab_read(struct lab *l);
int lab_forget(const struct lab *l);

/*
 * Be in the namespace of that name, if it is the one of the record, which is open
 * then. 0, or -errno: -ENOENT where there is none, -ESTALE: another one is called so.
 */
int lab_enter(struct lab *l, enum lab_side side);

/* All of it, or -1 with the failure and nothing. */
int lab_up(struct lab *l, struct failure *f);

/* Whatever there is of a lab whose record was read. What is not ours is said and
 * left alone. 0, or -1 with the failure. */
int lab_down(struct lab *l, struct failure *f);

/* The server in the background, in the namespace that we are in; its end. 0 or
 * -errno. */
int lab_server_start(struct lab *l);
void lab_server_end(const struct lab *l);

#endif
