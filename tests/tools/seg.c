// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// seg: speak TCP segment by segment, led by a small script.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "lib/seg_expr.h"
#include "lib/seg_neigh.h"
#include "lib/seg_packet.h"
#include "lib/seg_words.h"

#define WORDS_MAX 64
#define TIMEOUT_MS 5000
#define NONE_MS 1000
#define RCVBUF_BYTES (8 << 20)
#define FIN 1
#define SYN 2
#define RST 4
#define ACK 16

static struct path path;
static struct frame last, in;
static uint64_t random_state;
static uint32_t syn_flags;	/* of the SYN that irs is of */
static int sock, gso_sock;
static bool verbose;

static const char usage[] =
	"usage: seg -i IF -s SRCIP -d DSTIP -m DSTMAC [-p DPORT] [-v] [COMMAND...]\n"
	"Commands are the arguments, one each, or else the lines of stdin:\n"
	"  send FLAGS [WORD...]    FLAGS: letters of SAFRPUEC, or - for none\n"
	"    sport= dport=         the conversation from now on (start: random, 80)\n"
	"    seq= ack= win= urg= len=N | data=TEXT (\\n \\s \\\\)   EXPR each\n"
	"    mss= ws= sack ts=VAL,ECR nop=N rawopt=HEX blocks=EDGE,EDGE[,...]\n"
	"                          TCP options, in this order; blocks: of SACK\n"
	"    vlan= vlan2= tpid=    outer tag, inner tag, type of the outer\n"
	"    ttl= tos= id=         also IPv6 hop limit, class, flow label\n"
	"    frag[=N]              IPv4 fragment word (bare: 0x2000, more follow);\n"
	"                          in IPv6 it becomes a fragment header\n"
	"    ipopt=HEX             IPv4 options\n"
	"    ext=HEX:TYPE          IPv6 extension headers, the first of TYPE; their\n"
	"                          last must say 06, or 2c before frag\n"
	"    badsum badipsum       wrong by one bit\n"
	"    partial               sum of the pseudo header only\n"
	"    gso=N                 one frame that stands for segments of N bytes, as\n"
	"                          the kernel merges them (GRO); its sum is partial\n"
	"    dmac=MAC pad=N        pad: bytes behind the IP packet\n"
	"  expect FLAGS [timeout=MS] [sport= dport=] [skip] [again] [NAME=EXPR]\n"
	"         [data=TEXT]\n"
	"    The next segment of the conversation must have just these flags, and\n"
	"    each variable rNAME that value (`expect SA ack=iss+1 mss=1460`). With\n"
	"    skip, others before it are passed over. sport is our side's port.\n"
	"  expect none [timeout=MS] [again]   no segment may come\n"
	"    Of a busy machine something may be repeated at any time: what was\n"
	"    received before counts only with again.\n"
	"  drain                          forget what has come so far\n"
	"  set NAME=EXPR, print NAME..., assert EXPR OP EXPR, sleep MS, seed N\n"
	"    OP: == != < <= > >=, of unsigned 32 bit numbers\n"
	"  mutate N                       send the last segment again with N header\n"
	"                                 bits inverted and right sums\n"
	"  # ...                          comment\n"
	"EXPR: numbers (0x too) and variables with + and -. Variables:\n"
	"  iss, snd_nxt, sport, dport     random start; seq= defaults to iss with S,\n"
	"    else to snd_nxt, which follows only segments sent without seq=, and SYNs\n"
	"  irs, rcv_nxt                   ack= defaults to rcv_nxt with A, else to 0\n"
	"  rflags rseq rack rwin rurg rlen rmss rws rsack rtsok rts recr rvlan\n"
	"    rvlan2 rtos rid rttl rsumok rsport rdport   last segment seen; rws=255:\n"
	"    none; rmss, rvlan, rvlan2=0: none; rsumok=1: all sums right or not yet\n"
	"    made; rblocks rleft rright: number of SACK blocks, and the first one\n"
	"Timeouts default to 5000 ms, of none 1000. -v shows what is sent.\n"
	"SRCIP must be an address that the namespace does not own, in the prefix of\n"
	"its link: then its kernel sends no RST (there is no drop-rst to turn on) and\n"
	"seg answers ARP and neighbour solicitations itself while it runs.\n"
	"Exit: 0, 1 a command failed, 2 bad use.\n";

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* splitmix64 */
static uint64_t random_next(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* --- send --- */

static void frame_send(const struct frame *f)
{
	if (send(sock, f->b, f->len, 0) != (ssize_t)f->len)
		quit(1, "send: %s", strerror(errno));
}

/* A super-packet, by a socket that takes one: packet(7), PACKET_VNET_HDR */
static void frame_send_merged(const struct frame *f, uint32_t gso)
{
	struct virtio_net_hdr head = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = path.family == AF_INET ? VIRTIO_NET_HDR_GSO_TCPV4
						   : VIRTIO_NET_HDR_GSO_TCPV6,
		.hdr_len = f->l4 + (f->b[f->l4 + 12] >> 4) * 4,
		.gso_size = gso,
		.csum_start = f->l4,
		.csum_offset = offsetof(struct tcphdr, check),
	};
	struct iovec iov[] = {
		{ &head, sizeof(head) },
		{ (void *)f->b, f->len },
	};

	if (writev(gso_sock, iov, 2) != (ssize_t)(sizeof(head) + f->len))
		quit(1, "send: gso: %s", strerror(errno));
}

static void send_note(const struct segment *s, bool seq_given)
{
	uint32_t next = s->seq + s->len + !!(s->flags & SYN) +
			!!(s->flags & FIN);

	var_set("sport", s->sport);
	var_set("dport", s->dport);
	if (s->flags & SYN)
		var_set("iss", s->seq);
	if (s->flags & SYN || (!seq_given && !(s->flags & RST)))
		var_set("snd_nxt", next);
	if (verbose)
		printf("send %s sport=%u dport=%u seq=%u ack=%u len=%u\n",
		       flags_text(s->flags), s->sport, s->dport, s->seq, s->ack,
		       s->len);
}

static void cmd_send(char **words, int n)
{
	int i, flags = n ? flags_parse(words[0]) : -1;
	struct segment s = {
		.sport = eval("sport"),
		.dport = eval("dport"),
		.win = 65535,
		.vlan = SEG_NO_VLAN,
		.vlan2 = SEG_NO_VLAN,
		.ttl = 64,
		.frag = SEG_DF,
	};
	bool seq_given = false;
	char *value;

	if (flags < 0)
		quit(2, "send: FLAGS needed, letters of SAFRPUEC or -");
	s.flags = flags;
	s.seq = flags & SYN ? eval("iss") : eval("snd_nxt");
	s.ack = flags & ACK ? eval("rcv_nxt") : 0;
	memcpy(s.dst_mac, path.dst_mac, ETH_ALEN);
	for (i = 1; i < n; i++) {
		value = word_cut(words[i]);
		seq_given |= !strcmp(words[i], "seq");
		word_apply(&s, words[i], value);
	}
	if (!s.tpid)
		s.tpid = s.vlan2 != SEG_NO_VLAN ? 0x88a8 : 0x8100;
	s.partial |= !!s.gso;
	if (packet_build(&last, &path, &s))
		quit(2, "send: does not fit into its headers");
	if (s.gso)
		frame_send_merged(&last, s.gso);
	else
		frame_send(&last);
	send_note(&s, seq_given);
}

static void cmd_mutate(char **words, int n)
{
	static struct frame mutant;
	uint32_t flips = n ? eval(words[0]) : 1;

	if (!last.len)
		quit(2, "mutate: nothing sent yet");
	mutant = last;
	printf("mutate");
	while (flips--)
		printf(" %zu", packet_flip(&mutant, random_next()));
	putchar('\n');
	packet_sum(&mutant);
	frame_send(&mutant);
}

/* --- expect --- */

static void seen_print(const char *what, const struct seen *seen)
{
	int i;

	printf("%s %s", what, flags_text(seen->field[SEEN_FLAGS]));
	for (i = SEEN_SPORT; i < SEEN_NR; i++)
		printf(" %s=%u", seen_names[i] + 1, seen->field[i]);
	putchar('\n');
	fflush(stdout);
}

/* Has all that it carries come before? A segment that carries nothing has not. */
static bool seen_is_repeated(const struct seen *seen)
{
	const uint32_t *r = seen->field;
	uint32_t len = r[SEEN_LEN] + (r[SEEN_FLAGS] & FIN);

	if (r[SEEN_FLAGS] & RST)
		return false;
	if (r[SEEN_FLAGS] & SYN)
		return r[SEEN_FLAGS] == syn_flags && r[SEEN_SEQ] == eval("irs");
	return len && (int32_t)(r[SEEN_SEQ] + len - eval("rcv_nxt")) <= 0;
}

static void seen_note(const struct seen *seen)
{
	const uint32_t *r = seen->field;
	uint32_t rcv_nxt = eval("rcv_nxt");
	int i;

	for (i = 0; i < SEEN_NR; i++)
		var_set(seen_names[i], r[i]);
	if (r[SEEN_FLAGS] & SYN) {
		syn_flags = r[SEEN_FLAGS];
		var_set("irs", r[SEEN_SEQ]);
		var_set("rcv_nxt", r[SEEN_SEQ] + 1 + r[SEEN_LEN]);
	} else if (r[SEEN_SEQ] == rcv_nxt) {
		var_set("rcv_nxt",
			rcv_nxt + r[SEEN_LEN] + (r[SEEN_FLAGS] & FIN));
	}
}

/* Reads one frame; true if it belongs to the conversation */
static bool seen_read(struct seen *seen)
{
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec iov = { in.b, sizeof(in.b) };
	struct sockaddr_ll ll;
	struct msghdr msg = {
		.msg_name = &ll,
		.msg_namelen = sizeof(ll),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct tpacket_auxdata aux = { 0 };
	ssize_t n = recvmsg(sock, &msg, MSG_DONTWAIT);
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);
	uint32_t vlan;

	if (n < 0 || ll.sll_pkttype == PACKET_OUTGOING)
		return false;
	if (c && c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
	in.len = n;
	vlan = aux.tp_status & TP_STATUS_VLAN_VALID ? aux.tp_vlan_tci & 0xfff
						    : 0;
	return packet_parse(&in, &path, vlan,
			    aux.tp_status & TP_STATUS_CSUMNOTREADY, seen) &&
	       seen->field[SEEN_SPORT] == eval("dport") &&
	       seen->field[SEEN_DPORT] == eval("sport");
}

/* False when the time is over */
static bool seen_wait(struct seen *seen, int64_t until_ms)
{
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	int64_t left;

	for (;;) {
		left = until_ms - now_ms();
		if (poll(&pfd, 1, left > 0 ? left : 0) > 0) {
			if (seen_read(seen))
				return true;
			continue;
		}
		if (left <= 0)
			return false;
	}
}

struct expect {
	bool none, skip, again;
	int flags;
	uint32_t timeout_ms;
	char *data;
	size_t data_len;
	char *name[WORDS_MAX], *value[WORDS_MAX];
	int conditions;
};

static void expect_word(struct expect *e, char *word)
{
	char *value = word_cut(word);

	if (!strcmp(word, "skip")) {
		e->skip = true;
	} else if (!strcmp(word, "again")) {
		e->again = true;
	} else if (!value) {
		quit(2, "expect: %s: value missing", word);
	} else if (!strcmp(word, "timeout")) {
		e->timeout_ms = eval(value);
	} else if (!strcmp(word, "sport") || !strcmp(word, "dport")) {
		var_set(word, eval(value));
	} else if (!strcmp(word, "data")) {
		e->data = value;
		e->data_len = unescape(value);
	} else {
		e->name[e->conditions] = word;
		e->value[e->conditions++] = value;
	}
}

static void expect_check(const struct expect *e, const struct seen *seen)
{
	uint32_t got, want;
	char name[32];
	int i;

	for (i = 0; i < e->conditions; i++) {
		snprintf(name, sizeof(name), "r%s", e->name[i]);
		got = eval(name);
		want = eval(e->value[i]);
		if (got != want)
			quit(1, "expect: %s: got %u, want %s, which is %u",
			     e->name[i], got, e->value[i], want);
	}
	if (e->data && (e->data_len != seen->field[SEEN_LEN] ||
			memcmp(e->data, seen->data, e->data_len)))
		quit(1, "expect: data: got '%.*s'", (int)seen->field[SEEN_LEN],
		     (const char *)seen->data);
}

/* How many times as long may an emulated machine take? See tests/net/lib.sh. */
static uint32_t slow(void)
{
	const char *times = getenv("HF_SLOW");

	return times ? strtoul(times, NULL, 10) : 1;
}

static void cmd_expect(char **words, int n)
{
	const char *what = n ? words[0] : "";
	struct expect e = { .none = !strcmp(what, "none") };
	struct seen seen;
	int64_t until;
	int i;

	e.timeout_ms = e.none ? NONE_MS : TIMEOUT_MS;
	e.flags = e.none ? 0 : flags_parse(what);
	if (!n || e.flags < 0)
		quit(2, "expect: FLAGS or none needed");
	for (i = 1; i < n; i++)
		expect_word(&e, words[i]);
	if (!e.none)
		e.timeout_ms *= slow();
	until = now_ms() + e.timeout_ms;
	while (seen_wait(&seen, until)) {
		if (!e.again && seen_is_repeated(&seen)) {
			seen_print("again", &seen);
			continue;
		}
		seen_print("recv", &seen);
		seen_note(&seen);
		if (!e.none && seen.field[SEEN_FLAGS] == (uint32_t)e.flags) {
			expect_check(&e, &seen);
			return;
		}
		if (e.none || !e.skip)
			quit(1, "expect %s: got %s", what,
			     flags_text(seen.field[SEEN_FLAGS]));
	}
	if (!e.none)
		quit(1, "expect %s: nothing within %u ms", what, e.timeout_ms);
}

/* --- the other commands --- */

static void cmd_drain(char **words, int n)
{
	struct seen seen;

	(void)words;
	(void)n;
	while (seen_wait(&seen, 0))
		;
}

static void cmd_set(char **words, int n)
{
	char *value = n == 1 ? word_cut(words[0]) : NULL;

	if (!value)
		quit(2, "set NAME=EXPR");
	var_set(words[0], eval(value));
}

static void cmd_print(char **words, int n)
{
	int i;

	for (i = 0; i < n; i++)
		printf("%s%s=%u", i ? " " : "", words[i], eval(words[i]));
	putchar('\n');
	fflush(stdout);
}

static bool compare(uint32_t a, const char *op, uint32_t b)
{
	if (!strcmp(op, "=="))
		return a == b;
	if (!strcmp(op, "!="))
		return a != b;
	if (!strcmp(op, "<"))
		return a < b;
	if (!strcmp(op, "<="))
		return a <= b;
	if (!strcmp(op, ">"))
		return a > b;
	if (!strcmp(op, ">="))
		return a >= b;
	quit(2, "assert: %s: unknown operator", op);
}

static void cmd_assert(char **words, int n)
{
	uint32_t a, b;

	if (n != 3)
		quit(2, "assert EXPR OP EXPR");
	a = eval(words[0]);
	b = eval(words[2]);
	if (!compare(a, words[1], b))
		quit(1, "assert %s %s %s: %u and %u", words[0], words[1],
		     words[2], a, b);
}

static void cmd_sleep(char **words, int n)
{
	if (n != 1)
		quit(2, "sleep MS");
	fflush(stdout);
	usleep(eval(words[0]) * 1000);
}

static void cmd_seed(char **words, int n)
{
	if (n != 1)
		quit(2, "seed N");
	random_state = eval(words[0]);
}

static void line_run(char *line)
{
	static const struct {
		const char *name;
		void (*run)(char **words, int n);
	} cmds[] = {
		{ "send", cmd_send }, { "expect", cmd_expect },
		{ "drain", cmd_drain }, { "set", cmd_set },
		{ "print", cmd_print }, { "assert", cmd_assert },
		{ "sleep", cmd_sleep }, { "mutate", cmd_mutate },
		{ "seed", cmd_seed },
	};
	char *words[WORDS_MAX], *save;
	size_t i;
	int n = 0;

	for (words[n] = strtok_r(line, " \t\n", &save); words[n];
	     words[n] = strtok_r(NULL, " \t\n", &save))
		if (++n == WORDS_MAX)
			quit(2, "more than %d words", WORDS_MAX - 1);
	if (!n || words[0][0] == '#')
		return;
	for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		if (!strcmp(cmds[i].name, words[0])) {
			cmds[i].run(words + 1, n - 1);
			return;
		}
	}
	quit(2, "%s: unknown command", words[0]);
}

static void addr_parse(const char *src, const char *dst)
{
	path.family = strchr(dst, ':') ? AF_INET6 : AF_INET;
	path.addr_len = path.family == AF_INET ? 4 : 16;
	if (inet_pton(path.family, src, path.src) != 1 ||
	    inet_pton(path.family, dst, path.dst) != 1)
		quit(2, "-s, -d: not two addresses of one family");
}

/* Returns the interface's index */
static int link_open(const char *ifname)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	int one = 1, size = RCVBUF_BYTES;
	struct ifreq req = { 0 };

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", ifname);
	ll.sll_ifindex = if_nametoindex(ifname);
	ll.sll_protocol = htons(ETH_P_ALL);
	sock = socket(AF_PACKET, SOCK_RAW, 0);
	if (sock < 0 || ioctl(sock, SIOCGIFHWADDR, &req) ||
	    setsockopt(sock, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) ||
	    bind(sock, (void *)&ll, sizeof(ll)))
		quit(1, "%s: %s", ifname, strerror(errno));
	ll.sll_protocol = 0;		/* receives nothing */
	gso_sock = socket(AF_PACKET, SOCK_RAW, 0);
	if (gso_sock < 0 ||
	    setsockopt(gso_sock, SOL_PACKET, PACKET_VNET_HDR, &one,
		       sizeof(one)) ||
	    bind(gso_sock, (void *)&ll, sizeof(ll)))
		quit(1, "%s: %s", ifname, strerror(errno));
	setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	memcpy(path.src_mac, req.ifr_hwaddr.sa_data, ETH_ALEN);
	return ll.sll_ifindex;
}

static void vars_init(uint32_t dport)
{
	int i;

	if (getrandom(&random_state, sizeof(random_state), 0) < 0)
		random_state = now_ms();
	for (i = 0; i < SEEN_NR; i++)
		var_set(seen_names[i], 0);
	var_set("iss", random_next());
	var_set("snd_nxt", eval("iss"));
	var_set("irs", 0);
	var_set("rcv_nxt", 0);
	var_set("sport", 1024 + random_next() % 64000);
	var_set("dport", dport);
}

static void script_run(int argc, char **argv)
{
	char *line = NULL;
	size_t room = 0;
	int i;

	for (i = 0; i < argc; i++) {
		line_nr++;
		line_run(argv[i]);
	}
	while (!argc && getline(&line, &room, stdin) >= 0) {
		line_nr++;
		line_run(line);
	}
	free(line);
}

int main(int argc, char **argv)
{
	const char *ifname = NULL, *src = NULL, *dst = NULL, *mac = NULL;
	int c, err, dport = 80;

	while ((c = getopt(argc, argv, "+i:s:d:m:p:vh")) != -1) {
		switch (c) {
		case 'i': ifname = optarg; break;
		case 's': src = optarg; break;
		case 'd': dst = optarg; break;
		case 'm': mac = optarg; break;
		case 'p': dport = atoi(optarg); break;
		case 'v': verbose = true; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (!ifname || !src || !dst || !mac)
		quit(2, "-i, -s, -d, -m: all needed");
	addr_parse(src, dst);
	if (!ether_aton_r(mac, (struct ether_addr *)path.dst_mac))
		quit(2, "%s: not a MAC address", mac);
	err = neigh_start(&path, link_open(ifname));
	if (err)
		quit(1, "%s: %s", ifname, strerror(-err));
	vars_init(dport);
	script_run(argc - optind, argv + optind);
	return 0;
}
