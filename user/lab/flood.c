// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The flood of a lab: see flood.h. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flood.h"
#include "lib/clock.h"
#include "lib/datagram.h"
#include "sys/link.h"

#define BATCH		64
#define PAUSE_US	500	/* when nothing is due */
#define BURST_PER_S	20	/* a twentieth of a second may be caught up */
#define SOURCE4		0xc6120000	/* 198.18.0.0/15, RFC 2544 */
#define SOURCE4_BITS	0x1ffff
#define SOURCE6		0x20010db8	/* 2001:db8:ff00::/40, RFC 3849 */
#define SOURCE6_NEXT	0xff000000
#define SOURCE6_BITS	0xffffff

struct frame {
	struct ethhdr eth;
	struct datagram d;
};

/* A process that sends. */
struct sender {
	struct flood *flood;
	uint64_t random, made;
	struct frame frame[BATCH];
	struct iovec part[BATCH][2];
	struct mmsghdr message[BATCH];
};

/* --- whose interface is it? ---------------------------------------------- */

static int check_netns(struct lab *l, enum lab_side side, struct failure *why)
{
	int err = lab_enter(l, side);

	if (!err)
		return 0;
	if (err == -ESTALE)
		return failure_set(why, "%s: is not the namespace of the lab",
				   l->netns[side]);
	return failure_set(why, "%s: %s", l->netns[side], strerror(-err));
}

static int find_iface(const struct lab *l, struct link_info *veth,
		      struct failure *why)
{
	int err = link_get(veth, LAB_FLOOD_IFACE, 0);

	if (err)
		return failure_set(why, LAB_FLOOD_IFACE ": %s", strerror(-err));
	if (strcmp(veth->kind, "veth") || strcmp(veth->alias, LAB_ALIAS))
		return failure_set(why, LAB_FLOOD_IFACE
				   ": is not an interface of the lab");
	if (!link_peer_is_in(veth, l->fd[LAB_SERVER]))
		return failure_set(why, LAB_FLOOD_IFACE ": does not lead to %s",
				   l->netns[LAB_SERVER]);
	return 0;
}

static void copy_mac(uint8_t to[ETH_ALEN], uint64_t mac)
{
	mac = htole64(mac);
	memcpy(to, &mac, ETH_ALEN);
}

static int open_socket(struct flood *f, const struct link_info *veth)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_ifindex = veth->ifindex,
	};
	struct link_info peer;
	int err = link_get_peer(&peer, veth);

	if (err)
		return err;
	copy_mac(f->to, peer.mac);
	copy_mac(f->from, veth->mac);
	f->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (f->fd < 0)
		return -errno;
	if (!bind(f->fd, (struct sockaddr *)&at, sizeof(at)))
		return 0;
	err = -errno;
	close(f->fd);
	f->fd = -1;
	return err;
}

int flood_open(struct flood *f, struct lab *l, struct failure *why)
{
	struct link_info veth;
	int err;

	f->fd = -1;
	f->shared = MAP_FAILED;
	f->pid = -1;
	if (check_netns(l, LAB_SERVER, why) ||
	    check_netns(l, LAB_CLIENT, why) ||
	    check_netns(l, LAB_FLOODER, why) || find_iface(l, &veth, why))
		return -1;
	err = open_socket(f, &veth);
	return err ? failure_set(why, LAB_FLOOD_IFACE ": %s", strerror(-err))
		   : 0;
}

/* --- the process that sends ---------------------------------------------- */

/* xorshift64 */
static uint32_t random_next(struct sender *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return s->random >> 32;
}

static void make_tuple(struct sender *s, struct hf_tuple *t, bool ipv6)
{
	*t = (struct hf_tuple){ .server_port = htons(LAB_PORT) };
	t->client_port = htons(1024 + random_next(s) % 64512);
	if (ipv6) {
		inet_pton(AF_INET6, LAB_FLOODED6, t->server);
		t->client[0] = htonl(SOURCE6);
		t->client[1] = htonl(SOURCE6_NEXT |
				     (random_next(s) & SOURCE6_BITS));
		t->client[2] = random_next(s);
		t->client[3] = random_next(s);
	} else {
		inet_pton(AF_INET, LAB_FLOODED4, &t->server[3]);
		t->server[2] = t->client[2] = htonl(0xffff);
		t->client[3] = htonl(SOURCE4 | (random_next(s) & SOURCE4_BITS));
	}
}

static void make_frame(struct sender *s, int at)
{
	bool ipv6 = s->made++ & 1;
	struct frame *frame = &s->frame[at];
	struct segment seg = { .from_client = true };
	struct hf_tuple t;

	make_tuple(s, &t, ipv6);
	seg.tuple = &t;
	segment_syn(&seg, random_next(s), random_next(s));
	datagram_make(&frame->d, &seg);
	frame->eth.h_proto = htons(ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	s->part[at][1].iov_len = frame->d.words * 4;
}

/* What stays the same in each message. */
static void sender_init(struct sender *s, struct flood *f)
{
	memset(s, 0, sizeof(*s));
	s->flood = f;
	if (getrandom(&s->random, sizeof(s->random), 0) < 0 || !s->random)
		s->random = clock_mono_us();
	for (int i = 0; i < BATCH; i++) {
		struct frame *frame = &s->frame[i];

		memcpy(frame->eth.h_dest, f->to, ETH_ALEN);
		memcpy(frame->eth.h_source, f->from, ETH_ALEN);
		s->part[i][0] = (struct iovec){ &frame->eth, ETH_HLEN };
		s->part[i][1].iov_base = frame->d.word;
		s->message[i].msg_hdr.msg_iov = s->part[i];
		s->message[i].msg_hdr.msg_iovlen = 2;
	}
}

/* So many were sent, or -errno. */
static int send_some(struct sender *s, uint64_t nr)
{
	int most = nr < BATCH ? (int)nr : BATCH, sent;

	for (int i = 0; i < most; i++)
		make_frame(s, i);
	sent = sendmmsg(s->flood->fd, s->message, most, 0);
	if (sent >= 0)
		return sent;
	return errno == ENOBUFS || errno == EAGAIN || errno == EINTR ? 0
								     : -errno;
}

/* 0 at its end, or -errno. */
static int send_all(struct sender *s)
{
	const struct flood *f = s->flood;
	uint64_t begin_us = clock_mono_us(), planned = 0, due, since_us;
	uint64_t most = f->rate / BURST_PER_S + BATCH;
	int sent;

	for (;;) {
		since_us = clock_mono_us() - begin_us;
		if (since_us >= f->seconds * 1000000ULL)
			return 0;
		due = since_us * f->rate / 1000000 - planned;
		if (due > most) {
			planned += due - most;
			due = most;
		}
		sent = due ? send_some(s, due) : 0;
		if (sent < 0)
			return sent;
		planned += sent;
		__atomic_add_fetch(&f->shared->sent, sent, __ATOMIC_RELAXED);
		if (!sent)
			usleep(PAUSE_US);
	}
}

static void run_child(struct flood *f)
{
	struct sender s;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN);	/* who started it ends it */
	signal(SIGTERM, SIG_DFL);
	sender_init(&s, f);
	f->shared->err = send_all(&s);
	_exit(0);
}

int flood_start(struct flood *f)
{
	f->shared = mmap(NULL, sizeof(*f->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (f->shared == MAP_FAILED)
		return -errno;
	f->pid = fork();
	if (!f->pid)
		run_child(f);
	return f->pid < 0 ? -errno : 0;
}

uint64_t flood_sent(const struct flood *f)
{
	return __atomic_load_n(&f->shared->sent, __ATOMIC_RELAXED);
}

int flood_close(struct flood *f)
{
	int err = 0;

	if (f->pid > 0) {
		kill(f->pid, SIGTERM);
		waitpid(f->pid, NULL, 0);
		err = f->shared->err;
	}
	if (f->shared != MAP_FAILED)
		munmap(f->shared, sizeof(*f->shared));
	if (f->fd >= 0)
		close(f->fd);
	return err;
}
