/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Spliced connections of an instance whose daemon is dead. */
#ifndef HANDFAST_CLI_RESET_H
#define HANDFAST_CLI_RESET_H

/*
 * Before the hooks of an interface (0: of all) are taken off: SYNs pass, and both
 * peers of each spliced connection get a RST, for nobody will translate between
 * them any more. Says how many there were; what fails is said too, and stops
 * nobody.
 */
void reset_spliced(const char *name, unsigned int ifindex);

#endif
