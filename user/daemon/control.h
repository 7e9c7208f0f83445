/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The daemon's end of the control socket; the protocol is in lib/ctl.h. */
#ifndef HANDFAST_CONTROL_SOCKET_H
#define HANDFAST_CONTROL_SOCKET_H

struct daemon;
struct failure;

/* Listen; fails if a daemon of that name answers. 0, or -1 with the failure. */
int control_open(struct daemon *d, struct failure *f);
void control_close(struct daemon *d);

#endif
