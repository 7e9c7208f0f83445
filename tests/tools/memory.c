// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// memory: is it in what a process has?
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEYS_MAX 8
#define KEY_BYTES 16

static const char usage[] =
	"usage: memory PID HEX32...\n"
	"Count where the 16 bytes, or their text, are in the memory of the\n"
	"process, and how much that is of no file madvise(MADV_DONTDUMP) keeps\n"
	"out of core files:\n"
	"  found=N apart_kb=N\n";

static struct key {
	uint8_t byte[KEY_BYTES];
	const char *hex;
} keys[KEYS_MAX];

static int nr, found;
static size_t apart;

static void look_at(const char *at, size_t len)
{
	for (int i = 0; i < nr; i++) {
		found += memmem(at, len, keys[i].byte, KEY_BYTES) != NULL;
		found += memmem(at, len, keys[i].hex, strlen(keys[i].hex)) !=
			 NULL;
	}
}

static void look_into(int mem, unsigned long from, unsigned long to)
{
	char *copy = malloc(to - from);
	ssize_t len = copy ? pread(mem, copy, to - from, from) : -1;

	if (len > 0)
		look_at(copy, len);
	free(copy);
}

/* Each area, when the line of its flags has come. */
static void look(int mem, FILE *maps)
{
	unsigned long from = 0, to = 0, low, high, inode;
	bool readable = false, anonymous = false;
	char line[512], mode[8];

	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s %*s %*s %lu", &low, &high, mode,
			   &inode) == 4) {
			from = low;
			to = high;
			readable = mode[0] == 'r';
			anonymous = mode[1] == 'w' && !inode;
		} else if (!strncmp(line, "VmFlags:", 8) && readable) {
			look_into(mem, from, to);
			if (anonymous && strstr(line, " dd"))
				apart += to - from;
		}
	}
}

int main(int argc, char **argv)
{
	char path[64];
	unsigned int byte;
	FILE *maps;
	int mem;

	if (argc < 3 || argc > 2 + KEYS_MAX) {
		fputs(usage, stderr);
		return 2;
	}
	for (; nr < argc - 2; nr++) {
		keys[nr].hex = argv[2 + nr];
		for (int i = 0; i < KEY_BYTES; i++) {
			if (sscanf(keys[nr].hex + 2 * i, "%2x", &byte) != 1)
				return 2;
			keys[nr].byte[i] = byte;
		}
	}
	snprintf(path, sizeof(path), "/proc/%s/smaps", argv[1]);
	maps = fopen(path, "re");
	snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	if (!maps || mem < 0) {
		perror(path);
		return 1;
	}
	look(mem, maps);
	printf("found=%d apart_kb=%zu\n", found, apart >> 10);
	return 0;
}
