// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Base64: the vectors of RFC 4648 10, what is none, and all bytes there and back. */
#include <string.h>

#include "run.h"
#include "fleet/base64.h"

static const struct {
	const char *plain, *code;
} vectors[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
};

START_TEST(vectors_of_the_rfc)
{
	char code[16], plain[16];

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		size_t len = strlen(vectors[i].plain);

		base64_put(code, vectors[i].plain, len);
		ck_assert_str_eq(code, vectors[i].code);
		ck_assert_int_eq(base64_get(plain, sizeof(plain), code), len);
		ck_assert_mem_eq(plain, vectors[i].plain, len);
	}
}
END_TEST

START_TEST(what_is_none_is_refused)
{
	static const char *const bad[] = {
		"Z",	"Zg",	 "Zg=",	 "Zg==Zg==", "Z===", "Zg=a",
		"====", "Zm9\n", "Zm-v", "Zm9vZg=",  "=m9v"
	};
	char plain[16];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(base64_get(plain, sizeof(plain), bad[i]) == -1,
			      "%s", bad[i]);
	ck_assert_int_eq(base64_get(plain, 3, "Zm9v"), 3);
	ck_assert_int_eq(base64_get(plain, 2, "Zm9v"), -1);
	ck_assert_int_eq(base64_get(plain, 3, "Zm9vYg=="), -1);
}
END_TEST

START_TEST(bytes_come_back)
{
	uint8_t plain[256], back[256];
	char code[BASE64_LEN(sizeof(plain)) + 1];

	rnd_seed(1);
	for (size_t len = 0; len <= sizeof(plain); len++) {
		rnd_fill(plain, len);
		base64_put(code, plain, len);
		ck_assert_uint_eq(strlen(code), BASE64_LEN(len));
		ck_assert_int_eq(base64_get(back, sizeof(back), code), len);
		ck_assert_mem_eq(back, plain, len);
	}
}
END_TEST

TEST_MAIN("base64", vectors_of_the_rfc, what_is_none_is_refused,
	  bytes_come_back)
