// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* etcd's JSON gateway: see etcd.h. What holds keys is wiped where it is ours; curl and
 * json-c have buffers of their own. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "etcd.h"

#define ANSWER_MAX	65536	/* a larger one is none of etcd's */
#define VALUE_MAX	4096

/* One question, to whom and what came. */
struct question {
	const char *path, *text;
	char *answer;
	size_t len;
};

static size_t on_data(char *data, size_t one, size_t len, void *arg)
{
	struct question *q = arg;

	(void)one;	/* 1, by curl's manual */
	if (q->len + len >= ANSWER_MAX)
		return 0;
	memcpy(q->answer + q->len, data, len);
	q->len += len;
	return len;
}

int etcd_open(struct etcd *e, const struct etcd_access *access,
	      struct failure *f)
{
	CURL *c;

	memset(e, 0, sizeof(*e));
	e->access = access;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	c = e->curl = curl_easy_init();
	if (!c)
		return failure_set(f, "etcd: curl cannot be had");
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(c, CURLOPT_TIMEOUT, ETCD_TIMEOUT_S);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
	if (access->cacert)
		curl_easy_setopt(c, CURLOPT_CAINFO, access->cacert);
	if (access->cert)
		curl_easy_setopt(c, CURLOPT_SSLCERT, access->cert);
	if (access->key)
		curl_easy_setopt(c, CURLOPT_SSLKEY, access->key);
	return 0;
}

void etcd_close(struct etcd *e)
{
	curl_easy_cleanup(e->curl);
	curl_global_cleanup();
	e->curl = NULL;
}

/* --- one question --------------------------------------------------------- */

/* The object that the answer is, or NULL: it is none, or says an error. */
static struct json_object *read_answer(const char *url, const char *answer,
				       struct failure *f)
{
	struct json_object *root = json_tokener_parse(answer), *why;

	if (json_object_object_get_ex(root, "header", NULL))
		return root;
	if (json_object_object_get_ex(root, "error", &why) && why)
		failure_set(f, "etcd: %s: %s", url,
			    json_object_get_string(why));
	else
		failure_set(f,
			    "etcd: %s: what answers is not etcd 3.4 or later",
			    url);
	json_object_put(root);
	return NULL;
}

static struct json_object *ask_one(struct etcd *e, const char *base,
				   struct question *q, struct failure *f)
{
	char url[512];
	CURLcode err;

	snprintf(url, sizeof(url), "%s%s", base, q->path);
	q->len = 0;
	curl_easy_setopt(e->curl, CURLOPT_URL, url);
	curl_easy_setopt(e->curl, CURLOPT_POSTFIELDS, q->text);
	curl_easy_setopt(e->curl, CURLOPT_WRITEDATA, q);
	err = curl_easy_perform(e->curl);
	q->answer[q->len] = '\0';
	if (!err)
		return read_answer(base, q->answer, f);
	failure_set(f, "etcd: %s: %s", base, curl_easy_strerror(err));
	return NULL;
}

/* The first answer of one of its machines, to be put; NULL with the failure. */
static struct json_object *ask(struct etcd *e, const char *path,
			       struct json_object *what, struct failure *f)
{
	struct question q = {
		.path = path,
		.text = json_object_to_json_string_ext(what,
						       JSON_C_TO_STRING_PLAIN),
		.answer = malloc(ANSWER_MAX),
	};
	struct json_object *root = NULL;

	if (!q.text || !q.answer) {
		free(q.answer);
		failure_set(f, "etcd: no memory");
		return NULL;
	}
	for (int i = 0; i < e->access->urls && !root; i++) {
		root = ask_one(e, e->access->url[e->at], &q, f);
		if (!root)
			e->at = (e->at + 1) % e->access->urls;
	}
	explicit_bzero(q.answer, ANSWER_MAX);
	free(q.answer);
	return root;
}

/* --- questions ------------------------------------------------------------ */

static void add_base64(struct json_object *o, const char *name,
		       const char *text)
{
	char code[BASE64_LEN(VALUE_MAX) + 1];

	base64_put(code, text, strnlen(text, VALUE_MAX));
	json_object_object_add(o, name, json_object_new_string(code));
	explicit_bzero(code, sizeof(code));
}

static int64_t get_number(struct json_object *o, const char *name)
{
	struct json_object *value;

	/* a string: JSON's numbers have no 64 bits */
	return json_object_object_get_ex(o, name, &value)
		       ? json_object_get_int64(value)
		       : 0;
}

/* The first of "kvs", if there is any. */
static int read_value(struct json_object *root, struct etcd_value *v,
		      struct failure *f)
{
	struct json_object *kvs, *kv, *value;
	long len = 0;

	v->revision = 0;
	if (!json_object_object_get_ex(root, "kvs", &kvs))
		return 0;
	kv = json_object_is_type(kvs, json_type_array)
		     ? json_object_array_get_idx(kvs, 0)
		     : NULL;
	v->revision = get_number(kv, "mod_revision");
	if (json_object_object_get_ex(kv, "value", &value))
		len = json_object_is_type(value, json_type_string)
			      ? base64_get(v->text, v->size - 1,
					   json_object_get_string(value))
			      : -1;
	if (!v->revision || len < 0)
		return failure_set(f, "etcd: its answer has no value of ours");
	v->text[len] = '\0';
	return 0;
}

int etcd_get(struct etcd *e, struct etcd_value *v, struct failure *f)
{
	struct json_object *question = json_object_new_object(), *root;
	int err = -1;

	add_base64(question, "key", v->key);
	root = ask(e, "/v3/kv/range", question, f);
	if (root)
		err = read_value(root, v, f);
	json_object_put(question);
	json_object_put(root);
	return err;
}

/* "mod_revision of the key is that": { "key", "target", "result", ... } */
static struct json_object *compare_revision(const struct etcd_value *v)
{
	struct json_object *o = json_object_new_object();
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)v->revision);
	add_base64(o, "key", v->key);
	json_object_object_add(o, "target", json_object_new_string("MOD"));
	json_object_object_add(o, "result", json_object_new_string("EQUAL"));
	json_object_object_add(o, "mod_revision",
			       json_object_new_string(number));
	return o;
}

static struct json_object *request_put(const struct etcd_value *v)
{
	struct json_object *o = json_object_new_object();
	struct json_object *put = json_object_new_object();

	add_base64(put, "key", v->key);
	add_base64(put, "value", v->text);
	json_object_object_add(o, "request_put", put);
	return o;
}

static void add_array_of(struct json_object *o, const char *name,
			 struct json_object *only)
{
	struct json_object *array = json_object_new_array();

	json_object_array_add(array, only);
	json_object_object_add(o, name, array);
}

int etcd_swap(struct etcd *e, const struct etcd_value *v, bool *done,
	      struct failure *f)
{
	struct json_object *question = json_object_new_object();
	struct json_object *root, *succeeded = NULL;

	add_array_of(question, "compare", compare_revision(v));
	add_array_of(question, "success", request_put(v));
	root = ask(e, "/v3/kv/txn", question, f);
	json_object_object_get_ex(root, "succeeded", &succeeded);
	*done = json_object_get_boolean(succeeded);
	json_object_put(question);
	json_object_put(root);
	return root ? 0 : -1;
}
