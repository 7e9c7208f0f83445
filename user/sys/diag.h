/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The namespace's TCP sockets of both IP versions, listed by sock_diag. */
#ifndef HANDFAST_DIAG_H
#define HANDFAST_DIAG_H

#include <stdint.h>

#include "netlink.h"

/*
 * Give `cb` a struct inet_diag_msg of each socket in one of `states` (a bit
 * each, 1 << TCP_LISTEN), with the attributes that `ext` asks for. 0 or -errno:
 * then of one IP version none was given.
 */
int diag_list(uint32_t states, uint8_t ext, mnl_cb_t cb, void *arg);

/*
 * The same of one IP version (AF_INET, AF_INET6) in pieces, as netlink_begin().
 */
struct mnl_socket *diag_begin(int family, uint32_t states, uint8_t ext);

/*
 * The same as they come, nothing is kept: for the many, where `cb` looks for
 * one. MNL_CB_STOP ends the walk of one IP version. 0 or -errno.
 */
int diag_walk(uint32_t states, mnl_cb_t cb, void *arg);

#endif
