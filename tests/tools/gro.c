// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// gro: turn GRO of an interface on or off; a veth without XDP needs it on to
// take the frames that XDP sends from the other end.
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const char usage[] = "usage: gro IF on|off\n";

int main(int argc, char **argv)
{
	struct ethtool_value gro = { .cmd = ETHTOOL_SGRO };
	struct ifreq req = { .ifr_data = (void *)&gro };
	int fd;

	if (argc == 2 && !strcmp(argv[1], "-h")) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc != 3 || strlen(argv[1]) >= sizeof(req.ifr_name) ||
	    (strcmp(argv[2], "on") && strcmp(argv[2], "off"))) {
		fputs(usage, stderr);
		return 2;
	}
	gro.data = !strcmp(argv[2], "on");
	strcpy(req.ifr_name, argv[1]);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &req)) {
		fprintf(stderr, "gro: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	return 0;
}
