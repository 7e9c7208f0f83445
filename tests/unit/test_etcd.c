// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Answers that are etcd's, and those that are not: whoever is asked by http may be
 * somebody else. */
#include <string.h>

#include "run.h"
#include "fleet/etcd.c"

static struct failure f;

/* The answer to a question for a value: 0 or -1 with the failure. */
static int answered(const char *text, char *value, size_t size,
		    int64_t *revision)
{
	char bytes[ANSWER_MAX];
	struct answer a = { .text = bytes, .len = strlen(text) };
	struct json_object *root;
	int err = -1;

	memcpy(bytes, text, a.len);
	root = read_answer("http://etcd", &a, &f);
	if (root)
		err = read_value(root, value, size, revision, &f);
	json_object_put(root);
	return err;
}

START_TEST(a_value_and_its_revision_are_read)
{
	char value[16];
	int64_t revision;

	ck_assert_int_eq(answered("{\"header\":{},\"kvs\":[{\"mod_revision\":"
				  "\"9007199254740993\",\"value\":\"YWJj\"}]}",
				  value, sizeof(value), &revision),
			 0);
	ck_assert_str_eq(value, "abc");
	ck_assert_int_eq(revision, 9007199254740993);
	ck_assert_int_eq(answered("{\"header\":{}}", value, sizeof(value),
				  &revision),
			 0);
	ck_assert_int_eq(revision, 0);
}
END_TEST

START_TEST(what_is_not_etcds_is_refused)
{
	static const char *const bad[] = {
		"",
		"{",
		"404 page not found",
		"null",
		"[]",
		"{}",
		"{\"status\":\"ok\"}",
		"{\"error\":\"no leader\"}",
		"{\"error\":null}",
		"{\"header\":{},\"kvs\":null}",
		"{\"header\":{},\"kvs\":{}}",
		"{\"header\":{},\"kvs\":[]}",
		"{\"header\":{},\"kvs\":[null]}",
		"{\"header\":{},\"kvs\":[7]}",
		"{\"header\":{},\"kvs\":[{\"value\":\"YWJj\"}]}",
		"{\"header\":{},\"kvs\":[{\"mod_revision\":\"5\","
		"\"value\":null}]}",
		"{\"header\":{},\"kvs\":[{\"mod_revision\":\"5\","
		"\"value\":[1]}]}",
		"{\"header\":{},\"kvs\":[{\"mod_revision\":\"5\","
		"\"value\":\"YWJ\"}]}",
		"{\"header\":{},\"kvs\":[{\"mod_revision\":\"5\","
		"\"value\":\"YWJjYWJjYWJjYWJjYWJjYWJj\"}]}",
		"{\"header\":{},\"kvs\":[{\"mod_revision\":null,"
		"\"value\":\"YWJj\"}]}",
	};
	char value[16];
	int64_t revision;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(answered(bad[i], value, sizeof(value),
				       &revision) == -1,
			      "%s", bad[i]);
}
END_TEST

TEST_MAIN("etcd", a_value_and_its_revision_are_read,
	  what_is_not_etcds_is_refused)
