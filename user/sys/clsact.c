// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Filters of a clsact qdisc: see clsact.h. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "clsact.h"
#include "netlink.h"

#define CLSACT_HANDLE	0x6866	/* "hf": nobody else's filter is replaced */
#define CLSACT_PRIORITY	1

static enum bpf_tc_attach_point point_of(bool egress)
{
	return egress ? BPF_TC_EGRESS : BPF_TC_INGRESS;
}

int clsact_attach(int ifindex, bool egress, int prog_fd, bool *made)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = point_of(egress));
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd,
		    .flags = BPF_TC_F_REPLACE, .handle = CLSACT_HANDLE,
		    .priority = CLSACT_PRIORITY);
	int err = bpf_tc_hook_create(&hook);

	if (err && err != -EEXIST)
		return err;
	if (!err)
		*made = true;
	return bpf_tc_attach(&hook, &opts);
}

static int on_filter(const struct nlmsghdr *nlh, void *arg)
{
	(void)nlh;
	++*(int *)arg;
	return MNL_CB_OK;
}

/* Each filter comes once more without a handle, as the head of its kind. */
static int on_foreign(const struct nlmsghdr *nlh, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(nlh);

	if (tc->tcm_handle && tc->tcm_handle != CLSACT_HANDLE)
		++*(int *)arg;
	return MNL_CB_OK;
}

static int filters_at(int ifindex, uint32_t parent, mnl_cb_t take)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETTFILTER, NLM_F_DUMP);
	struct tcmsg *tc;
	int nr = 0, err;

	tc = mnl_nlmsg_put_extra_header(nlh, sizeof(*tc));
	tc->tcm_ifindex = ifindex;
	tc->tcm_parent = parent;
	err = netlink_list(NETLINK_ROUTE, nlh, take, &nr);
	return err ?: nr;
}

int clsact_foreign(int ifindex)
{
	return filters_at(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
			  on_foreign);
}

static bool is_unused(int ifindex)
{
	return !filters_at(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
			   on_filter) &&
	       !filters_at(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
			   on_filter);
}

void clsact_detach(int ifindex, bool egress, bool made)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = point_of(egress));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = CLSACT_HANDLE,
		    .priority = CLSACT_PRIORITY);

	bpf_tc_detach(&hook, &opts);
	if (!made || !is_unused(ifindex))
		return;
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	bpf_tc_hook_destroy(&hook);
}
