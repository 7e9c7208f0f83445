/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sock_option.h: socket options by their names, on a command line. */
#ifndef SOCK_OPTION_H
#define SOCK_OPTION_H

#define SOCK_OPTION_NAMES                                                      \
	"ttl, min_ttl, tos, hops,\n"                                           \
	"              min_hops, tclass, maxseg, defer_accept, save_syn\n"

/* "NAME=N", or "NAME" for 1. Ends the program where that cannot be: 2 if the name
 * is not known, else 1.
 */
void sock_option_set(int fd, const char *text);

#endif
