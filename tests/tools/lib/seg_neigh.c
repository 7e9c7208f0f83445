// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// seg_neigh: answer ARP and neighbour solicitations for seg's address.
//
// The address is one that the namespace does not own: so its kernel neither
// answers for it nor resets its connections.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include "seg_neigh.h"

struct nd {
	struct ether_header eth;
	struct ip6_hdr ip;
	struct nd_neighbor_advert na;	/* the solicitation has the same size */
	uint8_t opt_type, opt_len, mac[ETH_ALEN];
} __attribute__((packed));

static const struct path *own;
static int sock;

static void arp_answer(uint8_t *b, size_t len)
{
	struct ether_header *eth = (void *)b;
	struct ether_arp *arp = (void *)(eth + 1);

	if (len < sizeof(*eth) + sizeof(*arp) ||
	    arp->ea_hdr.ar_op != htons(ARPOP_REQUEST) ||
	    memcmp(arp->arp_tpa, own->src, 4))
		return;
	memcpy(eth->ether_dhost, arp->arp_sha, ETH_ALEN);
	memcpy(eth->ether_shost, own->src_mac, ETH_ALEN);
	arp->ea_hdr.ar_op = htons(ARPOP_REPLY);
	memcpy(arp->arp_tha, arp->arp_sha, ETH_ALEN);
	memcpy(arp->arp_tpa, arp->arp_spa, 4);
	memcpy(arp->arp_sha, own->src_mac, ETH_ALEN);
	memcpy(arp->arp_spa, own->src, 4);
	send(sock, b, sizeof(*eth) + sizeof(*arp), 0);
}

static void nd_answer(struct nd *nd, size_t len)
{
	const size_t icmp_len = sizeof(*nd) - sizeof(nd->eth) - sizeof(nd->ip);
	static const uint8_t unspecified[16];
	uint64_t sum;

	if (len < sizeof(*nd) - 8 || nd->ip.ip6_nxt != IPPROTO_ICMPV6 ||
	    nd->na.nd_na_type != ND_NEIGHBOR_SOLICIT ||
	    memcmp(&nd->na.nd_na_target, own->src, 16) ||
	    !memcmp(&nd->ip.ip6_src, unspecified, 16))
		return;
	memcpy(nd->eth.ether_dhost, nd->eth.ether_shost, ETH_ALEN);
	memcpy(nd->eth.ether_shost, own->src_mac, ETH_ALEN);
	nd->ip.ip6_plen = htons(icmp_len);
	nd->ip.ip6_dst = nd->ip.ip6_src;
	memcpy(&nd->ip.ip6_src, own->src, 16);
	nd->na.nd_na_type = ND_NEIGHBOR_ADVERT;
	nd->na.nd_na_flags_reserved = ND_NA_FLAG_SOLICITED |
				      ND_NA_FLAG_OVERRIDE;
	nd->opt_type = ND_OPT_TARGET_LINKADDR;
	nd->opt_len = 1;
	memcpy(nd->mac, own->src_mac, ETH_ALEN);
	nd->na.nd_na_cksum = 0;
	sum = sum_add(IPPROTO_ICMPV6 + icmp_len, &nd->ip.ip6_src, 32);
	sum = sum_add(sum, &nd->na, icmp_len);
	nd->na.nd_na_cksum = htons(~sum_fold(sum));
	send(sock, nd, sizeof(*nd), 0);
}

static void *neigh_run(void *unused)
{
	union {
		struct nd nd;
		uint8_t b[256];
	} in;
	ssize_t n;

	(void)unused;
	while ((n = recv(sock, &in, sizeof(in), 0)) >= 0 || errno == EINTR) {
		if (n > 0 && own->family == AF_INET)
			arp_answer(in.b, n);
		else if (n > 0)
			nd_answer(&in.nd, n);
	}
	return NULL;
}

int neigh_start(const struct path *path, int ifindex)
{
	int proto = path->family == AF_INET ? ETH_P_ARP : ETH_P_IPV6;
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(proto),
		.sll_ifindex = ifindex,
	};
	pthread_t thread;

	own = path;
	sock = socket(AF_PACKET, SOCK_RAW, 0);
	if (sock < 0 || bind(sock, (void *)&ll, sizeof(ll)))
		return -errno;
	return -pthread_create(&thread, NULL, neigh_run, NULL);
}
