/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Chains of tc programs with links, since Linux 6.6. */
#ifndef HANDFAST_TCX_H
#define HANDFAST_TCX_H

#include <bpf/bpf.h>
#include <stdbool.h>

/* linux/bpf.h of the build machine may be older. */
#define TCX_INGRESS	((enum bpf_attach_type)46)
#define TCX_EGRESS	((enum bpf_attach_type)47)
#define TCX_BEFORE	(1U << 3)	/* BPF_F_BEFORE: first of all */
#define TCX_PROGS_MAX	64		/* BPF_MPROG_MAX of the kernel */

/* The ids of an interface's chain, in their order: how many, 0 also on kernels
 * without such chains, or -errno. */
int tcx_list(int ifindex, enum bpf_attach_type chain, __u32 ids[TCX_PROGS_MAX]);

#endif
