// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * wire: a wire between two interfaces, that loses frames and lets some come late.
 *
 * Frames are passed with their virtio header, so that a super-packet (GSO) comes
 * out as it went in, as does a checksum that nobody has filled in. One that is to
 * be late is kept until some others of its direction went by, or for some ms
 * where none follow.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
#define FRAME_MAX	(256 << 10)	/* with its virtio header */
#define QUEUE_BYTES	(64 << 20)
#define BATCH		256		/* of one direction, before the other */
#define BEHIND		3		/* frames that a late one lets by */
#define LATE_MS		2		/* where no others follow */

static const char usage[] =
	"usage: wire -a IF -b IF [-l N] [-o N] [-s N]\n"
	"Pass frames between two interfaces, both ways, until SIGTERM or SIGINT.\n"
	"  -l N    lose one frame of N, at random (default: none)\n"
	"  -o N    one frame of N comes late, behind three others (default: none)\n"
	"  -s N    the same N gives the same choices\n"
	"Prints \"ready\", and at its end for each direction\n"
	"  IF->IF frames=N lost=N late=N super=N overrun=N\n"
	"super: GSO super-packets; overrun: lost because this was too slow.\n";

struct way {
	const char *from, *to;
	int in, out;			/* packet sockets */
	uint64_t frames, lost, late, super;
	unsigned char *kept;		/* a frame that comes late */
	size_t kept_len;
	unsigned int behind;		/* frames that it still lets by */
};

static volatile sig_atomic_t stopped;
static uint64_t random_state = 88172645463325252ULL;
static uint32_t lose_of, late_of;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* One of `n`? xorshift64. */
static int chosen(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return n && (random_state >> 32) % n == 0;
}

static int packet_open(const char *name)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(name),
	};
	int one = 1, bytes = QUEUE_BYTES;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);

	if (fd < 0 || !at.sll_ifindex ||
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		       sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) ||
	    bind(fd, (void *)&at, sizeof(at)))
		die(name);
	return fd;
}

static void way_send(const struct way *w, const void *frame, size_t len)
{
	struct pollfd room = { .fd = w->out, .events = POLLOUT };

	while (send(w->out, frame, len, 0) < 0) {
		if (errno != EAGAIN && errno != ENOBUFS)
			die(w->to);
		poll(&room, 1, 1);
	}
}

static void way_send_late(struct way *w)
{
	if (w->kept_len)
		way_send(w, w->kept, w->kept_len);
	w->kept_len = 0;
}

static void way_take(struct way *w, const unsigned char *frame, size_t len)
{
	const struct virtio_net_hdr *h = (const void *)frame;

	w->frames++;
	w->super += h->gso_type != VIRTIO_NET_HDR_GSO_NONE;
	if (chosen(lose_of)) {
		w->lost++;
		return;
	}
	if (!w->kept_len && chosen(late_of)) {
		memcpy(w->kept, frame, len);
		w->kept_len = len;
		w->behind = BEHIND;
		w->late++;
		return;
	}
	way_send(w, frame, len);
	if (w->kept_len && !--w->behind)
		way_send_late(w);
}

/* What is there, up to a batch. */
static void way_run(struct way *w)
{
	static unsigned char frame[FRAME_MAX];
	ssize_t n;

	for (int i = 0; i < BATCH; i++) {
		n = recv(w->in, frame, sizeof(frame), 0);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			die(w->from);
		way_take(w, frame, n);
	}
}

static void way_print(struct way *w)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	getsockopt(w->in, SOL_PACKET, PACKET_STATISTICS, &stats, &len);
	printf("%s->%s frames=%llu lost=%llu late=%llu super=%llu overrun=%u\n",
	       w->from, w->to, (unsigned long long)w->frames,
	       (unsigned long long)w->lost, (unsigned long long)w->late,
	       (unsigned long long)w->super, stats.tp_drops);
}

static void run(struct way way[2])
{
	struct pollfd pfd[2] = {
		{ .fd = way[0].in, .events = POLLIN },
		{ .fd = way[1].in, .events = POLLIN },
	};

	while (!stopped) {
		if (!poll(pfd, 2, LATE_MS))
			for (int i = 0; i < 2; i++)
				way_send_late(&way[i]);
		for (int i = 0; i < 2; i++)
			way_run(&way[i]);
	}
}

int main(int argc, char **argv)
{
	struct way way[2] = { 0 };
	int opt;

	while ((opt = getopt(argc, argv, "a:b:l:o:s:h")) >= 0) {
		switch (opt) {
		case 'a': way[0].from = way[1].to = optarg; break;
		case 'b': way[1].from = way[0].to = optarg; break;
		case 'l': lose_of = strtoul(optarg, NULL, 10); break;
		case 'o': late_of = strtoul(optarg, NULL, 10); break;
		case 's':
			random_state ^= strtoull(optarg, NULL, 10) << 20;
			break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (!way[0].from || !way[0].to || optind < argc) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	for (int i = 0; i < 2; i++) {
		way[i].in = packet_open(way[i].from);
		way[i].kept = malloc(FRAME_MAX);
		if (!way[i].kept)
			die("memory");
	}
	way[0].out = way[1].in;
	way[1].out = way[0].in;
	puts("ready");
	fflush(stdout);
	run(way);
	for (int i = 0; i < 2; i++) {
		way_print(&way[i]);
		free(way[i].kept);
	}
	return 0;
}
