// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments that the daemon sends itself: see segment.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "datagram.h"
#include "lib/tuple.h"
#include "segment.h"

static int open_marked(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	__u32 mark = HF_MARK;

	if (fd >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark))) {
		close(fd);
		return -1;
	}
	return fd;
}

int segment_open(struct segment_sockets *s)
{
	int on = 1;

	s->frame = open_marked(AF_PACKET, SOCK_RAW, 0);
	s->inject = open_marked(AF_PACKET, SOCK_RAW, 0);
	s->ip4 = open_marked(AF_INET, SOCK_RAW, IPPROTO_RAW);
	s->ip6 = open_marked(AF_INET6, SOCK_RAW, IPPROTO_RAW);
	if (s->ip6 >= 0)
		setsockopt(s->ip6, IPPROTO_IPV6, IPV6_HDRINCL, &on, sizeof(on));
	return s->frame < 0 || s->inject < 0 || s->ip4 < 0 ? -errno : 0;
}

void segment_close(struct segment_sockets *s)
{
	if (s->frame > 0)
		close(s->frame);
	if (s->inject > 0)
		close(s->inject);
	if (s->ip4 > 0)
		close(s->ip4);
	if (s->ip6 > 0)
		close(s->ip6);
}

__u64 segment_inject_cookie(const struct segment_sockets *s)
{
	__u64 cookie = 0;
	socklen_t len = sizeof(cookie);

	getsockopt(s->inject, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	return cookie;
}

int segment_repeat(const struct segment_sockets *s,
		   const struct hf_half_open *h)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = h->ifindex,
	};

	return sendto(s->frame, h->frame, h->frame_len, 0,
		      (struct sockaddr *)&to, sizeof(to)) < 0
		       ? -errno
		       : 0;
}

static int result_of(ssize_t sent)
{
	return sent < 0 ? -errno : 0;
}

/* To the client, by the host's routes. */
static int send_to_client(const struct segment_sockets *s,
			  const struct segment *seg, int ifindex)
{
	const struct hf_tuple *t = seg->tuple;
	struct sockaddr_in to4 = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = t->client[3],
	};
	struct sockaddr_in6 to6 = {
		.sin6_family = AF_INET6,
		.sin6_scope_id = ifindex,
	};
	struct datagram d;

	datagram_make(&d, seg);
	if (tuple_is_ip4(t))
		return result_of(sendto(s->ip4, d.word, d.words * 4, 0,
					(struct sockaddr *)&to4, sizeof(to4)));
	memcpy(&to6.sin6_addr, t->client, 16);
	return result_of(sendto(s->ip6, d.word, d.words * 4, 0,
				(struct sockaddr *)&to6, sizeof(to6)));
}

int segment_probe(const struct segment_sockets *s, const struct hf_tuple *t,
		  const struct hf_flow *f, const struct segment_time *at)
{
	struct segment seg = { .tuple = t };

	segment_ack(&seg, f, HF_DIR_OUT, at->now_ms);
	seg.seq--;
	return send_to_client(s, &seg, at->ifindex);
}

/* As the data plane made it of the third ACK, bpf/open/handover.bpf.h. */
static void fill_syn(struct segment *seg, const struct hf_flow *f,
		     const struct hf_splice *sp)
{
	bool scales = sp->options & HF_OPT_WSCALE;
	__u64 window = (__u64)sp->window << (scales ? sp->client_wscale : 0);

	seg->seq = f->irs;
	seg->flags = TH_SYN;
	if (sp->options & HF_OPT_ECN)
		seg->flags |= TH_ECE | TH_CWR;
	seg->window = window < 65535 ? window : 65535;
	segment_option(seg, OPT_MSS << 24 | OPT_MSS_LEN << 16 | sp->mss);
	if (sp->options & HF_OPT_SACK)
		segment_option(seg, OPT_NOP << 24 | OPT_NOP << 16 |
					    OPT_SACK_PERM << 8 |
					    OPT_SACK_PERM_LEN);
	if (sp->options & HF_OPT_TS)
		segment_timestamp(seg, sp->tsval, 0);
	if (scales)
		segment_option(seg, OPT_NOP << 24 | OPT_WSCALE << 16 |
					    OPT_WSCALE_LEN << 8 |
					    sp->client_wscale);
}

/* To the client by the wire; in its name it comes in as its own would. */
static int send_frame(const struct segment_sockets *s,
		      const struct segment *seg, const struct hf_splice *sp)
{
	int fd = seg->from_client ? s->inject : s->frame;
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = sp->ifindex,
	};
	const __u8 *server = sp->server_mac, *client = sp->client_mac;
	__u8 frame[FRAME_MAX];
	size_t len;

	len = frame_make(frame, seg, seg->from_client ? server : client,
			 seg->from_client ? client : server);
	return result_of(
		sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)));
}

static int send_resets(const struct segment_sockets *s, struct segment *seg,
		       const struct segment_splice *to)
{
	enum hf_direction its = seg->from_client ? HF_DIR_OUT : HF_DIR_IN;
	const struct hf_flow_dir *peer = &to->flow->dir[its];
	const struct hf_flow_dir *other = &to->flow->dir[!its];
	int err;

	seg->seq = other->seq_hi;
	err = send_frame(s, seg, &to->splice);
	if (err || seg->seq == peer->ack_hi)
		return err;
	seg->seq = peer->ack_hi;
	return send_frame(s, seg, &to->splice);
}

static bool is_from_client(enum segment_kind kind)
{
	return kind == SEGMENT_SYN || kind == SEGMENT_PROBE_SERVER ||
	       kind == SEGMENT_RESET_SERVER;
}

int segment_spliced(const struct segment_sockets *s, enum segment_kind kind,
		    const struct segment_splice *to)
{
	struct segment seg = {
		.tuple = to->tuple,
		.from_client = is_from_client(kind),
		.flags = TH_RST,
	};

	switch (kind) {
	case SEGMENT_SYN:
		fill_syn(&seg, to->flow, &to->splice);
		return send_frame(s, &seg, &to->splice);
	case SEGMENT_UPDATE:
		/* Said again, as it was said: a server that waits for data
		 * (TCP_DEFER_ACCEPT) takes no echo of what it has not sent. */
		segment_ack(&seg, to->flow, HF_DIR_OUT,
			    to->flow->dir[HF_DIR_OUT].last_ms);
		return send_frame(s, &seg, &to->splice);
	case SEGMENT_PROBE_CLIENT:
	case SEGMENT_PROBE_SERVER:
		segment_ack(&seg, to->flow,
			    seg.from_client ? HF_DIR_IN : HF_DIR_OUT,
			    to->now_ms);
		seg.seq--;
		return send_frame(s, &seg, &to->splice);
	case SEGMENT_RESET_CLIENT:
		seg.flags |= TH_ACK;
		seg.ack = to->flow->dir[HF_DIR_OUT].ack_hi;
		break;
	case SEGMENT_RESET_SERVER: break;
	}
	return send_resets(s, &seg, to);
}
