// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names of a lab, and its record: see lab.h. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab.h"
#include "lib/ctl.h"

static const char *const suffix[LAB_SIDE_NR] = {
	[LAB_SERVER] = "srv",
	[LAB_CLIENT] = "cli",
	[LAB_FLOODER] = "fld",
};

void lab_init(struct lab *l, const char *instance)
{
	memset(l, 0, sizeof(*l));
	snprintf(l->record, sizeof(l->record), CTL_DIR "/%s.lab", instance);
	for (int side = 0; side < LAB_SIDE_NR; side++) {
		snprintf(l->netns[side], sizeof(l->netns[side]), "hf%s-%s",
			 instance, suffix[side]);
		l->fd[side] = -1;
	}
}

void lab_close(struct lab *l)
{
	for (int side = 0; side < LAB_SIDE_NR; side++)
		if (l->fd[side] >= 0)
			close(l->fd[side]);
}

/* A line for each namespace, in order, zeros for one that is not there; the server. */
static int put_record(const struct lab *l, FILE *to)
{
	int err = 0;

	for (int side = 0; side < LAB_SIDE_NR; side++)
		if (fprintf(to, "%lu %llu\n", (unsigned long)l->id[side].ino,
			    (unsigned long long)l->id[side].cookie) < 0)
			err = -errno;
	if (fprintf(to, "%d\n", l->server) < 0)
		err = -errno;
	return fclose(to) ? -errno : err;
}

int lab_begin(const struct lab *l)
{
	FILE *to;

	if (mkdir(CTL_DIR, 0755) && errno != EEXIST)
		return -errno;
	to = fopen(l->record, "wxe");
	return to ? put_record(l, to) : -errno;
}

static void new_path(char path[LAB_PATH_MAX + 4], const struct lab *l)
{
	snprintf(path, LAB_PATH_MAX + 4, "%s.new", l->record);
}

/* Whoever is killed here leaves the former record or the new one. */
int lab_write(const struct lab *l)
{
	char path[LAB_PATH_MAX + 4];
	FILE *to;
	int err;

	new_path(path, l);
	to = fopen(path, "we");
	err = to ? put_record(l, to) : -errno;
	if (!err && rename(path, l->record))
		err = -errno;
	return err;
}

/* What is missing stays zero: an empty record is that of who was killed when it
 * began. */
static void get_record(struct lab *l, FILE *from)
{
	unsigned long long cookie;
	unsigned long ino;

	for (int side = 0; side < LAB_SIDE_NR; side++) {
		if (fscanf(from, "%lu %llu", &ino, &cookie) != 2)
			return;
		l->id[side] = (struct netns_id){ ino, cookie };
	}
	if (fscanf(from, "%d", &l->server) != 1)
		l->server = 0;
}

int lab_read(struct lab *l)
{
	FILE *from = fopen(l->record, "re");

	if (!from)
		return -errno;
	get_record(l, from);
	fclose(from);
	return 0;
}

int lab_forget(const struct lab *l)
{
	char path[LAB_PATH_MAX + 4];

	new_path(path, l);
	unlink(path);
	return unlink(l->record) ? -errno : 0;
}

int lab_enter(struct lab *l, enum lab_side side)
{
	struct netns_id there;

	if (l->fd[side] < 0)
		l->fd[side] = netns_open(l->netns[side]);
	if (l->fd[side] < 0)
		return l->fd[side];
	if (setns(l->fd[side], CLONE_NEWNET))
		return -errno;
	there = netns_own();
	return netns_same(&there, &l->id[side]) ? 0 : -ESTALE;
}
