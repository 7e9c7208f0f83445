// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Handshakes against the data plane, and what is asserted of every packet. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "shake.h"

static uint64_t be64(const uint8_t *at)
{
	uint64_t word = 0;

	for (int i = 0; i < 8; i++)
		word = word << 8 | at[i];
	return word;
}

struct spec shake_linux(bool ip6)
{
	struct spec s = { .ip6 = ip6, .seq = SHAKE_IRS, OPT_LINUX };

	return s;
}

struct spec shake_no_ts(bool ip6)
{
	struct spec s = { .ip6 = ip6, .seq = SHAKE_IRS, OPT_NO_TS };

	return s;
}

int shake_tc(int prog, const struct spec *s)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .repeat = 1);
	struct frame_buf frame;

	frame_build(&frame, s);
	opts.data_in = frame.byte;
	opts.data_size_in = frame.len;
	ck_assert_int_eq(bpf_prog_test_run_opts(prog, &opts), 0);
	return opts.retval;
}

struct spec shake_answer(const struct spec *syn)
{
	const uint8_t *server = syn->ip6 ? server6 : server4;
	struct spec s = *syn;

	if (syn->server[0])
		server = syn->server;
	memcpy(s.client, server, syn->ip6 ? 16 : 4);
	memcpy(s.server, syn->ip6 ? client6 : client4, syn->ip6 ? 16 : 4);
	s.client_port = SERVER_PORT;
	s.server_port = syn->client_port ?: CLIENT_PORT;
	s.seq = 77777;
	s.ack = syn->seq + 1;
	s.flags = F_SYN | F_ACK;
	return s;
}

void ck_others_pass(const struct rig *r, const struct spec *s)
{
	struct frame_buf frame;
	struct result res;

	frame_build(&frame, s);
	for (int i = 0; i < 6; i++) {
		frame.byte[i] ^= 2;
		rig_run(r, &frame, &res);
		ck_assert_int_eq(res.verdict, XDP_PASS);
		ck_assert_uint_eq(res.none.n[HF_CNT_PASS_OTHER_STATION], 1);
		frame.byte[i] ^= 2;
	}
}

void ck_result(const char *name, const struct result *res, int verdict,
	       counter_set counts)
{
	counter_set got = rig_counted(&res->service);

	ck_assert_msg(res->verdict == verdict, "%s: verdict %d, not %d;%s%s",
		      name, res->verdict, verdict, rig_counter_names(got),
		      rig_counter_names(rig_counted(&res->none)));
	ck_assert_msg(got == counts, "%s: counted%s", name,
		      rig_counter_names(got));
	ck_assert_msg(!rig_counted(&res->none), "%s: no service:%s", name,
		      rig_counter_names(rig_counted(&res->none)));
}

void ck_same(const char *name, const struct result *a, const struct result *b)
{
	ck_assert_msg(a->verdict == b->verdict, "%s: verdict %d, %d", name,
		      a->verdict, b->verdict);
	ck_assert_msg(a->out.len == b->out.len &&
			      !memcmp(a->out.byte, b->out.byte, a->out.len),
		      "%s: another frame", name);
	ck_assert_msg(!memcmp(&a->service, &b->service, sizeof(a->service)) &&
			      !memcmp(&a->none, &b->none, sizeof(a->none)),
		      "%s: other counts", name);
}

void ck_row_passed(const char *name)
{
	printf("ok   %s\n", name);
	fflush(stdout);
}

void ck_untouched(const char *name, const struct frame_buf *in,
		  const struct result *res)
{
	ck_assert_msg(in->len == res->out.len &&
			      !memcmp(in->byte, res->out.byte, in->len),
		      "%s: frame changed", name);
}

void shake_syn(const struct rig *r, const struct spec *syn,
	       struct segment *reply)
{
	const char *wrong;
	struct result res;

	rig_send(r, syn, &res);
	ck_assert_msg(res.verdict == XDP_TX, "SYN not answered: %d%s",
		      res.verdict,
		      rig_counter_names(rig_counted(&res.service)));
	wrong = segment_read(reply, res.out.byte, res.out.len);
	ck_assert_msg(!wrong, "SYN-ACK: %s", wrong);
}

static void put_be32(uint8_t *at, uint32_t value)
{
	value = htonl(value);
	memcpy(at, &value, 4);
}

/* NOP, NOP, timestamp. */
static void ack_timestamp(struct spec *ack, uint32_t tsval, uint32_t tsecr)
{
	static const uint8_t head[4] = { 1, 1, 8, 10 };

	memset(ack->opt, 0, sizeof(ack->opt));
	memcpy(ack->opt, head, 4);
	put_be32(ack->opt + 4, tsval);
	put_be32(ack->opt + 8, tsecr);
	ack->opt_len = 12;
}

struct spec shake_ack(const struct spec *syn, const struct segment *reply)
{
	const uint8_t *ts = segment_option(reply, 8, 10);
	struct spec ack = *syn;
	uint32_t tsecr;

	ack.seq = syn->seq + 1;
	ack.ack = reply->seq + 1;
	ack.flags = F_ACK;
	ack.tos = 0;
	ack.window = 502;
	ack.payload = 0;
	ack.opt_len = 0;
	if (ts) {
		memcpy(&tsecr, ts, 4);
		ack_timestamp(&ack, OPT_LINUX_TSVAL + 9, ntohl(tsecr));
	}
	return ack;
}

void shake_make(const struct rig *r, struct shake *s, bool ip6, bool ts)
{
	s->syn = ts ? shake_linux(ip6) : shake_no_ts(ip6);
	shake_syn(r, &s->syn, &s->reply);
	s->ack = shake_ack(&s->syn, &s->reply);
}

struct spec shake_next(const struct spec *ack, uint32_t seq, int flags,
		       int payload)
{
	struct spec s = *ack;

	s.seq += seq;
	s.flags = flags;
	s.payload = payload;
	return s;
}

struct cookie_id shake_id(const struct spec *syn)
{
	const uint8_t *client = syn->client[0] ? syn->client
				: syn->ip6     ? client6
					       : client4;
	const uint8_t *server = syn->server[0] ? syn->server
				: syn->ip6     ? server6
					       : server4;
	struct cookie_id id = { .ipv6 = syn->ip6 };

	if (syn->ip6) {
		id.addr[0] = be64(client);
		id.addr[1] = be64(client + 8);
		id.addr[2] = be64(server);
		id.addr[3] = be64(server + 8);
	} else {
		id.addr[0] = be64(client) >> 32 << 32 | be64(server) >> 32;
	}
	id.ports_irs = (uint64_t)(syn->client_port ?: CLIENT_PORT) << 48 |
		       (uint64_t)(syn->server_port ?: SERVER_PORT) << 32 |
		       syn->seq;
	return id;
}

bool shake_decode(const struct rig *r, const struct spec *syn,
		  const struct segment *reply, struct cookie *c)
{
	struct hf_control control = rig_control(r);
	struct hf_keys keys = rig_keys(control.key_generation);
	const uint8_t *ts = segment_option(reply, 8, 10);
	struct cookie_id id = shake_id(syn);
	struct siphash pair = cookie_begin(&id, &keys);
	uint32_t tsval = 0;

	memset(c, 0, sizeof(*c));
	c->profile = rig_service(r, syn->ip6).profile;
	c->terms = rig_terms(r, c->profile);
	if (ts) {
		memcpy(&tsval, ts, 4);
		c->options = HF_OPT_TS;
	}
	c->iss = reply->seq;
	c->tsval = ntohl(tsval);
	cookie_read(c, &pair, &keys, control.clock_off);
	return cookie_proves(c, &pair, &id, &keys);
}

struct spec shake_all(const struct rig *r, const struct spec *syn)
{
	struct segment reply;
	struct result res;
	struct spec ack;

	shake_syn(r, syn, &reply);
	ack = shake_ack(syn, &reply);
	rig_send(r, &ack, &res);
	ck_result("ACK", &res, XDP_PASS, C(ACK_ACCEPTED) | C(FLOW_CREATED));
	return ack;
}
