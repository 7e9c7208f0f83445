// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sock_option.h"

static const struct {
	const char *name;
	int level, option;
} options[] = {
	{ "ttl", IPPROTO_IP, IP_TTL },
	{ "min_ttl", IPPROTO_IP, IP_MINTTL },
	{ "tos", IPPROTO_IP, IP_TOS },
	{ "hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS },
	{ "min_hops", IPPROTO_IPV6, IPV6_MINHOPCOUNT },
	{ "tclass", IPPROTO_IPV6, IPV6_TCLASS },
	{ "maxseg", IPPROTO_TCP, TCP_MAXSEG },
	{ "defer_accept", IPPROTO_TCP, TCP_DEFER_ACCEPT },
	{ "save_syn", IPPROTO_TCP, TCP_SAVE_SYN },
};

void sock_option_set(int fd, const char *text)
{
	size_t len = strcspn(text, "=");
	int value = text[len] ? atoi(text + len + 1) : 1;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strlen(options[i].name) != len ||
		    strncmp(options[i].name, text, len))
			continue;
		if (setsockopt(fd, options[i].level, options[i].option, &value,
			       sizeof(value)))
			err(1, "%s", text);
		return;
	}
	errx(2, "%s: not a socket option that is known here", text);
}
