// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The floor, to be attached: floor.bpf.h. */
#include "floor.bpf.h"

SEC("xdp.frags")
int xdp_floor(struct xdp_md *ctx)
{
	return floor(ctx, 65535);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
