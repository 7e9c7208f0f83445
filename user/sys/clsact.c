// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Filters of a clsact qdisc: see clsact.h. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "clsact.h"
#include "netlink.h"

#define CLSACT_HANDLE	0x6866	/* "hf": nobody else's filter is replaced */
#define CLSACT_PRIORITY	1

static enum bpf_tc_attach_point point_of(bool egress)
{
	return egress ? BPF_TC_EGRESS : BPF_TC_INGRESS;
}

static const char *kind_of(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct tcmsg))
		if (mnl_attr_get_type(attr) == TCA_KIND)
			return mnl_attr_get_str(attr);
	return "";
}

struct qdisc_walk {
	int ifindex;
	bool ingress;
};

static int on_qdisc(const struct nlmsghdr *nlh, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(nlh);
	struct qdisc_walk *w = arg;

	if (tc->tcm_ifindex == w->ifindex && tc->tcm_parent == TC_H_CLSACT)
		w->ingress = !strcmp(kind_of(nlh), "ingress");
	return MNL_CB_OK;
}

/* Of the two that can be in the place of clsact, filters of the other one are
 * all run on what comes in, whatever they were made for. */
static bool has_ingress(int ifindex)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETQDISC, NLM_F_DUMP);
	struct qdisc_walk w = { .ifindex = ifindex };

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct tcmsg));
	netlink_list(NETLINK_ROUTE, nlh, on_qdisc, &w);
	return w.ingress;
}

/* The id of its program, or 0. */
static uint32_t program_of(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr, *option;

	if (strcmp(kind_of(nlh), "bpf"))
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(struct tcmsg)) {
		if (mnl_attr_get_type(attr) != TCA_OPTIONS)
			continue;
		mnl_attr_for_each_nested(option, attr)
			if (mnl_attr_get_type(option) == TCA_BPF_ID)
				return mnl_attr_get_u32(option);
	}
	return 0;
}

/* In the order in which they are run; but for the heads of a kind. */
static int on_place(const struct nlmsghdr *nlh, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(nlh);
	struct clsact_place *at = arg;
	bool ours = TC_H_MAJ(tc->tcm_info) >> 16 == CLSACT_PRIORITY;

	if (!tc->tcm_handle || at->there)
		return MNL_CB_OK;
	if (ours && tc->tcm_handle == CLSACT_HANDLE &&
	    !strcmp(kind_of(nlh), "bpf")) {
		at->there = true;
		return MNL_CB_OK;
	}
	at->taken |= ours;
	if (!at->second)
		at->before = program_of(nlh);
	at->second = true;
	return MNL_CB_OK;
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

static int filters_at(int ifindex, uint32_t way, mnl_cb_t take, void *arg)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETTFILTER, NLM_F_DUMP);
	struct tcmsg *tc;

	tc = mnl_nlmsg_put_extra_header(nlh, sizeof(*tc));
	tc->tcm_ifindex = ifindex;
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, way);
	return netlink_list(NETLINK_ROUTE, nlh, take, arg);
}

/* How many, or -errno. */
static int filters_nr(int ifindex, uint32_t way, mnl_cb_t take)
{
	int nr = 0;

	return filters_at(ifindex, way, take, &nr) ?: nr;
}

int clsact_foreign(int ifindex)
{
	return filters_nr(ifindex, TC_H_MIN_INGRESS, on_foreign);
}

int clsact_look(int ifindex, bool egress, struct clsact_place *at)
{
	*at = (struct clsact_place){};
	return filters_at(ifindex, egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS,
			  on_place, at);
}

int clsact_attach(int ifindex, bool egress, int prog_fd, bool *made)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = point_of(egress));
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd,
		    .flags = BPF_TC_F_REPLACE, .handle = CLSACT_HANDLE,
		    .priority = CLSACT_PRIORITY);
	struct clsact_place at;
	int err;

	if (has_ingress(ifindex))
		return -ENOTUNIQ;
	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return err;
	if (!err)
		*made = true;
	err = bpf_tc_attach(&hook, &opts);
	return err && !clsact_look(ifindex, egress, &at) && at.taken ? -EBUSY
								     : err;
}

int clsact_listen(void)
{
	return netlink_listen(RTMGRP_TC);
}

bool clsact_changed(int fd, bool (*ours)(int ifindex, void *arg), void *arg)
{
	bool changed = false;
	char buf[8192] = {};
	const struct nlmsghdr *nlh = (const void *)buf;
	const struct tcmsg *tc = mnl_nlmsg_get_payload(nlh);

	while (recv(fd, buf, sizeof(buf), 0) >= (ssize_t)MNL_NLMSG_HDRLEN)
		changed |= ours(tc->tcm_ifindex, arg);
	/* what did not fit into the socket's buffer is told as ENOBUFS */
	return changed || errno == ENOBUFS;
}

static bool is_unused(int ifindex)
{
	return !filters_nr(ifindex, TC_H_MIN_INGRESS, on_filter) &&
	       !filters_nr(ifindex, TC_H_MIN_EGRESS, on_filter);
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
