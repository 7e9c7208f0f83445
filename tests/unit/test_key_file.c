// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Keys from a file: what is read, what is refused, and that it says no key. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "lib/key_file.h"

#define MAC	"00112233445566778899aabbccddeeff"
#define OFFSET	"0F0E0D0C0B0A09080706050403020100"
#define KEY(id)	"key " #id " " MAC " " OFFSET "\n"

static char dir[] = "/tmp/test_key_file-XXXXXX";
static char path[64], other[64];
static struct key_file keys;
static struct failure f;

static void setup(void)
{
	strcpy(strrchr(dir, '-'), "-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/keys", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
}

static void teardown(void)
{
	unlink(path);
	unlink(other);
	rmdir(dir);
}

static void write_file(const char *to, const char *text, mode_t mode)
{
	FILE *fp = fopen(to, "w");

	ck_assert_ptr_nonnull(fp);
	fputs(text, fp);
	fclose(fp);
	ck_assert_int_eq(chmod(to, mode), 0);
}

static int read_text(const char *text)
{
	write_file(path, text, 0400);
	return key_file_read(&keys, path, &f);
}

START_TEST(one_key_and_two_are_read)
{
	ck_assert_int_eq(read_text("# ours\n\n" KEY(7)), 0);
	ck_assert_int_eq(keys.nr, 1);
	ck_assert_uint_eq(keys.key[0].turn, 7);
	ck_assert_uint_eq(keys.key[0].cookie.k0, 0x7766554433221100ULL);
	ck_assert_uint_eq(keys.key[0].cookie.k1, 0xffeeddccbbaa9988ULL);
	ck_assert_uint_eq(keys.key[0].offset.k0, 0x08090a0b0c0d0e0fULL);
	ck_assert_uint_eq(keys.key[0].offset.k1, 0x0001020304050607ULL);
	ck_assert_int_eq(read_text("\tkey 8  " MAC "\t" OFFSET "  # new\r\n"
				   "key 7 " MAC " " OFFSET),
			 0);
	ck_assert_int_eq(keys.nr, 2);
	ck_assert_uint_eq(keys.key[0].turn, 8);
	ck_assert_uint_eq(keys.key[1].turn, 7);
}
END_TEST

static const struct {
	const char *text, *why;
} bad[] = {
	{ "", "no key" },
	{ "# key 1 " MAC " " OFFSET "\n", "no key" },
	{ KEY(1) KEY(2) KEY(3), "more than two" },
	{ KEY(1) KEY(1), "same ID" },
	{ KEY(1) "key 2 " MAC "\n", ":2: not" },
	{ "key 1 " MAC " " OFFSET " " OFFSET "\n", ":1: not" },
	{ "key -1 " MAC " " OFFSET "\n", ":1: not" },
	{ "key 4294967296 " MAC " " OFFSET "\n", ":1: not" },
	{ "key 1x " MAC " " OFFSET "\n", ":1: not" },
	{ "keys 1 " MAC " " OFFSET "\n", ":1: not" },
	{ "key 1 " MAC "0 " OFFSET "\n", ":1: not" },
	{ "key 1 0112233445566778899aabbccddeeff " OFFSET "\n", ":1: not" },
	{ "key 1 g0112233445566778899aabbccddeeff " OFFSET "\n", ":1: not" },
};

#define BAD_NR	(int)(sizeof(bad) / sizeof(bad[0]))

START_TEST(a_bad_file_is_refused_and_no_key_is_said)
{
	ck_assert_int_eq(read_text(bad[_i].text), -1);
	ck_assert_msg(strstr(f.what, bad[_i].why) != NULL, "%s", f.what);
	ck_assert_ptr_eq(strstr(f.what, path), f.what);
	ck_assert_ptr_null(strstr(f.what, "1122334455"));
	ck_assert_ptr_null(strstr(f.what, "0E0D0C"));
}
END_TEST

START_TEST(a_large_file_or_one_with_nul_is_none)
{
	static char text[KEY_FILE_BYTES + 1];
	FILE *fp;

	memset(text, '#', KEY_FILE_BYTES);
	ck_assert_int_eq(read_text(text), -1);
	ck_assert_ptr_nonnull(strstr(f.what, "not a file of keys"));
	unlink(path);
	fp = fopen(path, "w");
	fwrite(KEY(1) "\0x\n", 1, sizeof(KEY(1)) + 2, fp);
	fclose(fp);
	chmod(path, 0400);
	ck_assert_int_eq(key_file_read(&keys, path, &f), -1);
}
END_TEST

START_TEST(one_that_others_may_read_is_refused)
{
	for (mode_t mode = 01; mode <= 04; mode <<= 1) {
		write_file(path, KEY(1), 0600 | mode);
		ck_assert_int_eq(key_file_read(&keys, path, &f), -1);
		ck_assert_ptr_nonnull(strstr(f.what, "others may"));
		ck_assert_ptr_nonnull(strstr(f.cure, "chmod o= "));
	}
	write_file(path, KEY(1), 0640);
	ck_assert_int_eq(key_file_read(&keys, path, &f), 0);
	ck_assert_int_eq(key_file_read(&keys, dir, &f), -1);
	ck_assert_int_eq(key_file_read(&keys, other, &f), -1);
}
END_TEST

START_TEST(text_does_not_stay_in_memory)
{
	ck_assert_int_eq(read_text(KEY(1)), 0);
	for (size_t i = 0; i < sizeof(keys.text); i++)
		ck_assert_int_eq(keys.text[i], 0);
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
	struct hf_keys was[KEY_FILE_KEYS];

	ck_assert_int_eq(read_text(KEY(8) KEY(7)), 0);
	memcpy(was, keys.key, sizeof(was));
	ck_assert_uint_eq(key_file_format(&keys), strlen(keys.text));
	ck_assert_ptr_nonnull(strstr(keys.text, "key 8 " MAC " 0f0e0d0c"));
	ck_assert_int_eq(key_file_parse(&keys, "text", &f), 0);
	ck_assert_int_eq(keys.nr, 2);
	ck_assert_mem_eq(was, keys.key, sizeof(was));
}
END_TEST

/* As a Kubernetes secret is replaced: by another target of the symlink. */
START_TEST(another_file_behind_a_symlink_is_a_change)
{
	struct stat seen = {};
	char target[96];

	write_file(other, KEY(1), 0400);
	ck_assert_int_eq(symlink(other, path), 0);
	ck_assert(key_file_changed(path, &seen));
	ck_assert(!key_file_changed(path, &seen));
	snprintf(target, sizeof(target), "%s.new", other);
	write_file(target, KEY(1), 0400);
	ck_assert_int_eq(rename(target, other), 0);
	ck_assert(key_file_changed(path, &seen));
	ck_assert(!key_file_changed(path, &seen));
	unlink(other);
	ck_assert(key_file_changed(path, &seen));
	ck_assert(!key_file_changed(path, &seen));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("key_file");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_key_and_two_are_read);
	tcase_add_loop_test(tcase, a_bad_file_is_refused_and_no_key_is_said, 0,
			    BAD_NR);
	tcase_add_test(tcase, a_large_file_or_one_with_nul_is_none);
	tcase_add_test(tcase, one_that_others_may_read_is_refused);
	tcase_add_test(tcase, text_does_not_stay_in_memory);
	tcase_add_test(tcase, what_is_written_is_read_again);
	tcase_add_test(tcase, another_file_behind_a_symlink_is_a_change);
	return test_run("key_file", tcase);
}
