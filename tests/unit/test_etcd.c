// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Answers that are etcd's, and those that are not: whoever is asked by http may be
 * somebody else. */
#include <string.h>

#include "run.h"
#include "fleet/etcd.c"

static struct failure f;

/* The answer to a question for a value: 0 or -1 with the failure. */
static int answered(const char *text, struct etcd_value *v)
{
	struct json_object *root = read_answer("http://etcd", text, &f);
	int err = root ? read_value(root, v, &f) : -1;

	json_object_put(root);
	return err;
}

START_TEST(a_value_and_its_revision_are_read)
{
	char text[16];
	struct etcd_value v = { .text = text, .size = sizeof(text) };

	ck_assert_int_eq(answered("{\"header\":{},\"kvs\":[{\"mod_revision\":"
				  "\"9007199254740993\",\"value\":\"YWJj\"}]}",
				  &v),
			 0);
	ck_assert_str_eq(text, "abc");
	ck_assert_int_eq(v.revision, 9007199254740993);
	ck_assert_int_eq(answered("{\"header\":{}}", &v), 0);
	ck_assert_int_eq(v.revision, 0);
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
	char text[16];
	struct etcd_value v = { .text = text, .size = sizeof(text) };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(answered(bad[i], &v) == -1, "%s", bad[i]);
}
END_TEST

TEST_MAIN("etcd", a_value_and_its_revision_are_read,
	  what_is_not_etcds_is_refused)
