// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections that the kernel alone knows: see kernel.h. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel.h"
#include "sys/diag.h"
#include "sys/netns.h"
#include "sys/socket.h"

#define ALL_BUT_LISTEN	(~0U & ~(1U << SOCKET_LISTEN))

static const enum hf_state state_of[] = {
	[SOCKET_ESTABLISHED] = HF_ESTABLISHED,
	[SOCKET_SYN_SENT] = HF_SYN_SENT,
	[SOCKET_SYN_RECV] = HF_SYN_RECEIVED,
	[SOCKET_FIN_WAIT_1] = HF_FIN_WAIT_1,
	[SOCKET_FIN_WAIT_2] = HF_FIN_WAIT_2,
	[SOCKET_TIME_WAIT] = HF_TIME_WAIT,
	[SOCKET_CLOSE_WAIT] = HF_CLOSE_WAIT,
	[SOCKET_LAST_ACK] = HF_LAST_ACK,
	[SOCKET_CLOSING] = HF_CLOSING,
};

/* One walk; what it counts is shared with the child that walks. */
struct walk {
	const struct maps *maps;
	struct kernel_view *view;
};

/* `to` is zero; IPv4 as ::ffff:a.b.c.d. */
static void set_addr(__be32 *to, int family, const __be32 *from)
{
	if (family == AF_INET6) {
		memcpy(to, from, 16);
		return;
	}
	to[2] = htonl(0xffff);
	to[3] = from[0];
}

/* Are handshakes of its service the kernel's? */
static bool is_kernels(const struct maps *m, const struct hf_tuple *t)
{
	struct hf_service_key key = { .port = t->server_port };
	struct hf_service svc;

	memcpy(key.addr, t->server, sizeof(key.addr));
	return !bpf_map_lookup_elem(m->fd[HF_MAP_SERVICES], &key, &svc) &&
	       (svc.mode == HF_MODE_AUTO || svc.mode == HF_MODE_MONITOR);
}

static bool has_record(const struct maps *m, const struct hf_tuple *t)
{
	struct hf_flow f;

	return !bpf_map_lookup_elem(m->fd[HF_MAP_FLOWS], t, &f);
}

static int on_socket(const struct nlmsghdr *nlh, void *arg)
{
	const struct inet_diag_msg *d = mnl_nlmsg_get_payload(nlh);
	struct hf_tuple t = {
		.client_port = d->id.idiag_dport,
		.server_port = d->id.idiag_sport,
	};
	struct walk *w = arg;

	if (d->idiag_state >= sizeof(state_of) / sizeof(state_of[0]) ||
	    !state_of[d->idiag_state])
		return MNL_CB_OK;
	set_addr(t.client, d->idiag_family, d->id.idiag_dst);
	set_addr(t.server, d->idiag_family, d->id.idiag_src);
	if (is_kernels(w->maps, &t) && !has_record(w->maps, &t))
		w->view->now[state_of[d->idiag_state]]++;
	return MNL_CB_OK;
}

static int walk(void *arg)
{
	return diag_walk(ALL_BUT_LISTEN, on_socket, arg) ? 1 : 0;
}

static int on_service(__u32 id, const struct hf_service_info *info, void *arg)
{
	(void)id;
	(void)arg;
	return info->used == HF_ROW_USED &&
	       (info->mode == HF_MODE_AUTO || info->mode == HF_MODE_MONITOR);
}

int kernel_view_read(const struct instance *i, struct kernel_view *v)
{
	struct walk w = { .maps = &i->maps };
	struct netns_id netns;
	struct hf_meta meta;
	int err = map_for_each_service(&i->maps, on_service, NULL);

	memset(v, 0, sizeof(*v));
	if (err <= 0)
		return err;
	err = map_read(&i->maps, HF_MAP_META, 0, &meta);
	if (err)
		return err;
	w.view = mmap(NULL, sizeof(*v), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w.view == MAP_FAILED)
		return -errno;
	netns = (struct netns_id){ meta.netns_ino, meta.netns_cookie };
	w.view->asked = true;
	w.view->known = !netns_call(&netns, walk, &w);
	*v = *w.view;
	munmap(w.view, sizeof(*v));
	return 0;
}
