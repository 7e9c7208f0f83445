// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A datagram to a Unix socket: see unix.h. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "unix.h"

int unix_send(const char *name, const void *bytes, size_t len, int flags)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t name_len = strlen(name);
	int fd, err = 0;

	if (name_len >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	memcpy(sun.sun_path, name, name_len);
	if (name[0] == '@')
		sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, bytes, len, flags | MSG_NOSIGNAL,
		   (struct sockaddr *)&sun,
		   offsetof(struct sockaddr_un, sun_path) + name_len) < 0)
		err = -errno;
	close(fd);
	return err;
}
