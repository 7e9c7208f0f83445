// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// flood: SYNs or other segments from random sources at a set rate.
//
// The kernel runs flood.bpf.c over a live frame again and again
// (BPF_F_TEST_XDP_LIVE_FRAMES) and sends those for which it says XDP_TX.
// The end of such a run costs grace periods of some 20 ms, so there is one
// run, with the pace kept inside the program; a signal ends it.
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "flood.h"
#include "flood.skel.h"

#define NS_PER_S 1000000000ULL
#define NS_PER_MS 1000000
#define PS_PER_S 1e12
#define BURST_PS 50000000000ULL	/* 50 ms: longer than a slice of the CPU */
#define BATCH 64

static struct {
	const char *ifname, *dst, *prefix;
	struct ether_addr dst_mac;
	double rate, seconds;
	int port, cpu;
	const char *flags;	/* letters */
	int fragment, ext;	/* -1: no fragment */
	bool no_ts;
	uint32_t at_once;
	uint64_t seed;
} opt = { .cpu = -1, .seconds = 1, .at_once = 1, .fragment = -1, .flags = "S" };

static volatile sig_atomic_t stopped;

static const char usage[] =
	"usage: flood -i IF -d DSTIP -p DPORT -m DSTMAC -r RATE -t SECONDS [options]\n"
	"  -r RATE        frames per second; 0: as many as possible\n"
	"  -s PREFIX      random sources from here (default 10.0.0.0/8 or\n"
	"                 fd00:f100::/32)\n"
	"  -c CPU         run on this CPU only\n"
	"  --flags FLAGS  of FSRPAU, or 0 for none, instead of S; A has a random\n"
	"                 number\n"
	"  --ack          --flags A\n"
	"  --fragment N   that word of the IPv4 header, or of an IPv6 fragment\n"
	"                 header: 0x2000 or 1 is a first fragment\n"
	"  --ext N        so many IPv6 destination options in front\n"
	"  --no-ts        SYNs without timestamps\n"
	"  --at-once N    N frames together, at the same rate, as from a NIC that\n"
	"                 interrupts for several (default 1)\n"
	"  --seed N       the same N gives the same flood (default: the time)\n"
	"Prints at its end, also after SIGINT or SIGTERM: sent=N seconds=S rate=R\n"
	"IF is in the current network namespace. A veth takes such frames only if\n"
	"its other end has XDP attached or GRO on (`gro IF on`). The tool keeps one\n"
	"CPU busy at any rate; sent counts frames handed to the interface.\n";

static void die(const char *what, const char *why)
{
	fprintf(stderr, "flood: %s: %s\n", what, why);
	exit(1);
}

static void bad_use(const char *what, const char *why)
{
	fprintf(stderr, "flood: %s: %s\n", what, why);
	exit(2);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* Ends the run, and again soon in case it was only about to begin */
static void on_signal(int sig)
{
	struct itimerval soon = { { 0, 100000 }, { 0, 100000 } };

	(void)sig;
	stopped = 1;
	setitimer(ITIMER_REAL, &soon, NULL);
}

static uint32_t sum_words(const void *from, size_t bytes)
{
	const uint8_t *p = from;
	uint32_t sum = 0;
	uint16_t word;

	for (; bytes; p += 2, bytes -= 2) {
		memcpy(&word, p, 2);
		sum += word;
	}
	return sum;
}

/* Both addresses, the protocol and the length */
static uint32_t sum_pseudo(const uint8_t *src, size_t addr_bytes, size_t len)
{
	return sum_words(src, 2 * addr_bytes) + htons(IPPROTO_TCP) + htons(len);
}

static void eth_template(uint8_t *frame, int ethertype)
{
	struct ether_header *eth = (void *)frame;
	struct ifreq req = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(req.ifr_name, opt.ifname);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &req))
		die(opt.ifname, strerror(errno));
	close(fd);
	memcpy(eth->ether_dhost, &opt.dst_mac, ETH_ALEN);
	memcpy(eth->ether_shost, req.ifr_hwaddr.sa_data, ETH_ALEN);
	eth->ether_type = htons(ethertype);
}

static int flags_of(const char *letters)
{
	static const char all[] = "FSRPAU";
	int flags = 0;

	if (!strcmp(letters, "0"))
		return 0;
	for (; *letters; letters++) {
		if (!strchr(all, *letters))
			bad_use("--flags", "not of FSRPAU");
		flags |= 1 << (strchr(all, *letters) - all);
	}
	return flags;
}

/* Returns the segment's length */
static size_t tcp_template(uint8_t *tcp)
{
	static const uint8_t with_ts[] = {
		2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 1,
		2, 3, 0,    0,	  0, 0, 1, 3,  3, 7
	};
	static const uint8_t no_ts[] = { 2, 4, 0x05, 0xb4, 1, 1,
					 4, 2, 1,    3,	   3, 7 };
	struct tcphdr *th = (void *)tcp;
	size_t len = sizeof(*th);

	th->th_dport = htons(opt.port);
	th->th_flags = flags_of(opt.flags);
	th->th_win = htons(64240);
	if (th->th_flags == TH_SYN && opt.no_ts) {
		memcpy(th + 1, no_ts, sizeof(no_ts));
		len += sizeof(no_ts);
	} else if (th->th_flags == TH_SYN) {
		memcpy(th + 1, with_ts, sizeof(with_ts));
		len += sizeof(with_ts);
	}
	th->th_off = len / 4;
	return len;
}

/* Splits "ADDR/BITS"; the address's random bits must be zero */
static void prefix_parse(struct flood_config *cfg, int family, void *addr)
{
	uint8_t *mask = (uint8_t *)cfg->src_mask, *byte = addr;
	int bits, i, most = family == AF_INET ? 32 : 128;
	char text[64], *slash;

	snprintf(text, sizeof(text), "%s", opt.prefix);
	slash = strchr(text, '/');
	bits = slash ? atoi(slash + 1) : most;
	if (slash)
		*slash = 0;
	if (inet_pton(family, text, addr) != 1 || bits < 0 || bits > most)
		bad_use(opt.prefix, "not a prefix of the family of -d");
	for (i = 0; i < most / 8; i++) {
		mask[i] = bits >= 8 * i + 8 ? 0
			  : bits <= 8 * i   ? 255
					    : 255 >> (bits - 8 * i);
		byte[i] &= ~mask[i];
	}
	cfg->src_words = most / 32;
}

static void frame4(struct flood_config *cfg, uint8_t *frame)
{
	struct iphdr *ip = (void *)(frame + ETH_HLEN);
	size_t len;

	eth_template(frame, ETHERTYPE_IP);
	cfg->tcp_off = ETH_HLEN + sizeof(*ip);
	cfg->src_off = (uint8_t *)&ip->saddr - frame;
	cfg->ip_check_off = (uint8_t *)&ip->check - frame;
	len = tcp_template(frame + cfg->tcp_off);
	ip->version = 4;
	ip->ihl = 5;
	ip->tot_len = htons(sizeof(*ip) + len);
	ip->frag_off = htons(opt.fragment < 0 ? IP_DF : opt.fragment);
	ip->ttl = 64;
	ip->protocol = IPPROTO_TCP;
	inet_pton(AF_INET, opt.dst, &ip->daddr);
	prefix_parse(cfg, AF_INET, &ip->saddr);
	cfg->frame_len = cfg->tcp_off + len;
	cfg->ip_sum = sum_words(ip, sizeof(*ip));
	cfg->tcp_sum = sum_pseudo((void *)&ip->saddr, 4, len) +
		       sum_words(ip + 1, len);
}

/* Returns the length of what stands before the segment */
static size_t ext_template(uint8_t *at, uint8_t *next)
{
	uint8_t *begin = at;

	for (int i = 0; i < opt.ext; i++, at += 8) {
		*next = IPPROTO_DSTOPTS;
		next = at;
		at[2] = 1;	/* PadN */
		at[3] = 4;
	}
	if (opt.fragment >= 0) {
		*next = IPPROTO_FRAGMENT;
		next = at;
		at[2] = opt.fragment >> 8;
		at[3] = opt.fragment;
		at += 8;
	}
	*next = IPPROTO_TCP;
	return at - begin;
}

static void frame6(struct flood_config *cfg, uint8_t *frame)
{
	struct ip6_hdr *ip = (void *)(frame + ETH_HLEN);
	size_t len, ext;

	eth_template(frame, ETHERTYPE_IPV6);
	ext = ext_template((uint8_t *)(ip + 1), &ip->ip6_nxt);
	cfg->tcp_off = ETH_HLEN + sizeof(*ip) + ext;
	cfg->src_off = (uint8_t *)&ip->ip6_src - frame;
	len = tcp_template(frame + cfg->tcp_off);
	ip->ip6_flow |= htonl(6 << 28);
	ip->ip6_plen = htons(ext + len);
	ip->ip6_hlim = 64;
	inet_pton(AF_INET6, opt.dst, &ip->ip6_dst);
	prefix_parse(cfg, AF_INET6, &ip->ip6_src);
	cfg->frame_len = cfg->tcp_off + len;
	cfg->tcp_sum = sum_pseudo((void *)&ip->ip6_src, 16, len) +
		       sum_words(frame + cfg->tcp_off, len);
}

static void config_fill(struct flood_config *cfg)
{
	/* Two bytes in, so that the IP header is aligned */
	static uint32_t scratch[2 + FLOOD_FRAME_MAX / 4];
	uint8_t *frame = (uint8_t *)scratch + 2;
	struct in6_addr any;

	if (inet_pton(AF_INET, opt.dst, &any) == 1) {
		if (!opt.prefix)
			opt.prefix = "10.0.0.0/8";
		frame4(cfg, frame);
	} else if (inet_pton(AF_INET6, opt.dst, &any) == 1) {
		if (!opt.prefix)
			opt.prefix = "fd00:f100::/32";
		frame6(cfg, frame);
	} else {
		bad_use(opt.dst, "not an address");
	}
	memcpy(cfg->frame, frame, FLOOD_FRAME_MAX);
	cfg->random_ack = !!strchr(opt.flags, 'A');
	cfg->step_ps = opt.rate ? PS_PER_S / opt.rate : 0;
	cfg->burst_ps = BURST_PS;
	cfg->at_once = opt.at_once;
}

static void flood_run(struct flood *bpf)
{
	struct xdp_md ctx = {
		.data_end = bpf->rodata->config.frame_len,
		.ingress_ifindex = if_nametoindex(opt.ifname),
	};
	LIBBPF_OPTS(bpf_test_run_opts, run,
		    .data_in = bpf->rodata->config.frame,
		    .data_size_in = bpf->rodata->config.frame_len,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx),
		    .repeat = INT_MAX, .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
		    .batch_size = BATCH);
	struct itimerval end = { { 0, 100000 }, { 0 } };
	double seconds;
	int err = 0;

	bpf->bss->random_state = opt.seed;
	bpf->bss->start_ns = now_ns();
	bpf->bss->end_ns = bpf->bss->start_ns + opt.seconds * NS_PER_S;
	end.it_value.tv_sec = opt.seconds;
	end.it_value.tv_usec = (opt.seconds - end.it_value.tv_sec) * 1e6 + 1;
	setitimer(ITIMER_REAL, &end, NULL);
	while (!stopped && !err)
		err = bpf_prog_test_run_opts(bpf_program__fd(bpf->progs.flood),
					     &run);
	if (err && err != -EINTR)
		die("BPF_PROG_TEST_RUN", strerror(-err));
	seconds = (now_ns() - bpf->bss->start_ns) / 1e9;
	if (seconds > opt.seconds)
		seconds = opt.seconds;
	printf("sent=%llu seconds=%.3f rate=%.0f began_ms=%u ended_ms=%u\n",
	       (unsigned long long)bpf->bss->sent, seconds,
	       bpf->bss->sent / seconds,
	       (uint32_t)(bpf->bss->start_ns / NS_PER_MS),
	       (uint32_t)(bpf->bss->start_ns / NS_PER_MS + seconds * 1000));
}

static void parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "ack", no_argument, NULL, 'A' },
		{ "flags", required_argument, NULL, 'F' },
		{ "fragment", required_argument, NULL, 'G' },
		{ "ext", required_argument, NULL, 'E' },
		{ "no-ts", no_argument, NULL, 'N' },
		{ "at-once", required_argument, NULL, 'O' },
		{ "seed", required_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *mac = NULL, *rate = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "i:d:p:m:r:t:s:c:h", longs,
				NULL)) != -1) {
		switch (c) {
		case 'i': opt.ifname = optarg; break;
		case 'd': opt.dst = optarg; break;
		case 'p': opt.port = atoi(optarg); break;
		case 'm': mac = optarg; break;
		case 'r': rate = optarg; break;
		case 't': opt.seconds = atof(optarg); break;
		case 's': opt.prefix = optarg; break;
		case 'c': opt.cpu = atoi(optarg); break;
		case 'A': opt.flags = "A"; break;
		case 'F': opt.flags = optarg; break;
		case 'G': opt.fragment = strtol(optarg, NULL, 0); break;
		case 'E': opt.ext = atoi(optarg); break;
		case 'N': opt.no_ts = true; break;
		case 'O': opt.at_once = atoi(optarg); break;
		case 'S': opt.seed = strtoull(optarg, NULL, 0); break;
		case 'h': fputs(usage, stdout); exit(0);
		default: fputs(usage, stderr); exit(2);
		}
	}
	if (optind < argc)
		bad_use(argv[optind], "unexpected");
	if (!opt.ifname || !opt.dst || !mac || !rate)
		bad_use("-i, -d, -m, -r", "all needed");
	if (strlen(opt.ifname) >= IFNAMSIZ || !ether_aton_r(mac, &opt.dst_mac))
		bad_use("-i, -m", "not an interface or MAC address");
	opt.rate = atof(rate);
	if (opt.port < 1 || opt.port > 65535 || opt.rate < 0 ||
	    opt.seconds <= 0 || opt.at_once < 1 || opt.at_once > 256)
		bad_use("-p, -r, -t, --at-once", "out of range");
	if (opt.ext < 0 || opt.ext + (opt.fragment >= 0) > FLOOD_EXT_MAX ||
	    opt.fragment > 0xffff)
		bad_use("--ext, --fragment", "out of range");
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("-c", strerror(errno));
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct flood *bpf;

	opt.seed = now_ns();
	parse(argc, argv);
	if (opt.cpu >= 0)
		pin(opt.cpu);
	sigaction(SIGALRM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	bpf = flood__open();
	if (!bpf)
		die("open", strerror(errno));
	config_fill(&bpf->rodata->config);
	if (flood__load(bpf))
		die("load", strerror(errno));
	flood_run(bpf);
	flood__destroy(bpf);
	return 0;
}
