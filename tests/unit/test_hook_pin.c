// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Pins of hooks: their names, and what taking them off leaves. */
#include "run.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/hook_pin.h"
#include "sys/clsact.h"

static char dir[] = "/tmp/hfpinsXXXXXX";
static int nr_links, nr_filters, last_link;	/* taken off; of all */
static int netns_error;

/* The kernel. */

int bpf_obj_get(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

int bpf_link_detach(int fd)
{
	(void)fd;
	last_link = ++nr_links + nr_filters;
	return 0;
}

void clsact_detach(int ifindex, bool egress, bool made)
{
	(void)egress;
	ck_assert_int_eq(ifindex, 7);
	ck_assert(made);
	nr_filters++;
}

int netns_call(const struct netns_id *id, int (*fn)(void *arg), void *arg)
{
	ck_assert_uint_eq(id->ino, 4026531840);
	ck_assert_uint_eq(id->cookie, 12345678901234567890ULL);
	return netns_error ?: fn(arg);
}

START_TEST(names_are_read_back_as_they_were_written)
{
	static const struct hook_pin pins[] = {
		{ HOOK_XDP, 7, {}, false },
		{ HOOK_TC_IN, 2147483647, {}, false },
		{ HOOK_TC_OUT,
		  7,
		  { 4026531840, 12345678901234567890ULL },
		  false },
		{ HOOK_TC_IN,
		  7,
		  { 4026531840, 12345678901234567890ULL },
		  true },
	};
	static const char *const names[] = {
		"xdp_7",
		"tcin_2147483647",
		"tcout_7@4026531840:12345678901234567890",
		"tcin_7@4026531840:12345678901234567890+",
	};
	char name[HOOK_PIN_MAX];
	struct hook_pin pin;

	for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		hook_pin_name(name, &pins[i]);
		ck_assert_str_eq(name, names[i]);
		ck_assert(hook_pin_read(&pin, name));
		ck_assert_int_eq(pin.kind, pins[i].kind);
		ck_assert_int_eq(pin.ifindex, pins[i].ifindex);
		ck_assert_uint_eq(pin.netns.ino, pins[i].netns.ino);
		ck_assert_uint_eq(pin.netns.cookie, pins[i].netns.cookie);
		ck_assert(pin.made == pins[i].made);
	}
}
END_TEST

START_TEST(other_names_are_none)
{
	struct hook_pin pin;

	ck_assert(!hook_pin_read(&pin, "flows"));
	ck_assert(!hook_pin_read(&pin, "xdp_"));
	ck_assert(!hook_pin_read(&pin, "xdp_s0"));
	ck_assert(!hook_pin_read(&pin, "tc_7"));
}
END_TEST

static void at(char path[64], const char *name)
{
	snprintf(path, 64, "%s/%s", dir, name);
}

static void put(const char *name)
{
	char path[64];

	at(path, name);
	ck_assert_int_ge(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
}

static bool stands(const char *name)
{
	char path[64];

	at(path, name);
	return !access(path, F_OK);
}

static void pins_up(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	nr_links = nr_filters = netns_error = 0;
	put("xdp_7");
	put("tcin_7@4026531840:12345678901234567890+");
	put("flows");
}

static void pins_down(void)
{
	char path[64];

	at(path, "flows");
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(detach_takes_off_xdp_first_and_hooks_alone)
{
	pins_up();
	ck_assert_int_eq(hook_pin_detach(dir, 8), 0);
	ck_assert_int_eq(hook_pin_detach(dir, 7), 2);
	ck_assert_int_eq(nr_links, 1);
	ck_assert_int_eq(nr_filters, 1);
	ck_assert_int_eq(last_link, 1);
	ck_assert(stands("flows"));
	pins_down();
}
END_TEST

START_TEST(what_cannot_be_taken_off_keeps_its_pin)
{
	pins_up();
	netns_error = -EPERM;
	ck_assert_int_eq(hook_pin_detach(dir, 0), 1);
	ck_assert(stands("tcin_7@4026531840:12345678901234567890+"));
	netns_error = -ESRCH;	/* its namespace is gone, and it with it */
	ck_assert_int_eq(hook_pin_detach(dir, 0), 1);
	ck_assert_int_eq(nr_filters, 0);
	pins_down();
}
END_TEST

TEST_MAIN("hook_pin", names_are_read_back_as_they_were_written,
	  other_names_are_none, detach_takes_off_xdp_first_and_hooks_alone,
	  what_cannot_be_taken_off_keeps_its_pin)
