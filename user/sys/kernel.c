// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the machine's kernel can do: see kernel.h. */
#include <bpf/btf.h>
#include <errno.h>
#include <sys/sysinfo.h>

#include "kernel.h"

#define FLOWS_MIN	16384U
#define FLOWS_MAX	1048576U

int kernel_has_reqsk(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int found;

	if (!btf)
		return -errno;
	found = btf__find_by_name_kind(btf, "bpf_sk_assign_tcp_reqsk",
				       BTF_KIND_FUNC) > 0;
	btf__free(btf);
	return found;
}

unsigned int kernel_default_flows(void)
{
	struct sysinfo si;
	unsigned long long nr;

	if (sysinfo(&si))
		return FLOWS_MIN;
	nr = (unsigned long long)si.totalram * si.mem_unit / 32 / FLOW_BYTES;
	return nr < FLOWS_MIN ? FLOWS_MIN : nr > FLOWS_MAX ? FLOWS_MAX : nr;
}
