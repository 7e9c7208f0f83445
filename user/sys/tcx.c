// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Chains of tc programs: see tcx.h. */
#include <errno.h>

#include "tcx.h"

int tcx_list(int ifindex, enum bpf_attach_type chain, __u32 ids[TCX_PROGS_MAX])
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = ids,
		    .prog_cnt = TCX_PROGS_MAX);
	int err = bpf_prog_query_opts(ifindex, chain, &opts);

	if (err == -EINVAL)
		return 0;
	return err ?: (int)opts.prog_cnt;
}
