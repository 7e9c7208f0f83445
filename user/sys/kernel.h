/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the machine's kernel can do, and how much memory is to be had. */
#ifndef HANDFAST_KERNEL_H
#define HANDFAST_KERNEL_H

#define FLOW_BYTES	256	/* hash element and bucket */
#define HALF_OPEN_BYTES	256	/* the same of an LRU */

/*
 * Is bpf_sk_assign_tcp_reqsk() there, which hands a connection to the kernel
 * since Linux 6.9? 1, 0, or -errno where the kernel has no BTF.
 */
int kernel_has_reqsk(void);

/* The size of the flow table where none is configured, by total memory. */
unsigned int kernel_default_flows(void);

#endif
