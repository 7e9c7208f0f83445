/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Handshakes against the data plane: SYN, the cookie in the answer, ACK. */
#ifndef TESTS_SHAKE_H
#define TESTS_SHAKE_H

#include "rig.h"

#define V4	1
#define V6	2

#define SHAKE_IRS	0xfffffff0U	/* sequence numbers wrap */

/* A SYN as Linux sends it, and one without timestamps. */
struct spec shake_linux(bool ip6);
struct spec shake_no_ts(bool ip6);

/* A SYN, its answer, and the segment that comes back. */
struct shake {
	struct spec syn;
	struct segment reply;
	struct spec ack;
};

/* Send a SYN that must be answered, read the answer. */
void shake_syn(const struct rig *r, const struct spec *syn,
	       struct segment *reply);

/* The third segment that the client makes of the answer. */
struct spec shake_ack(const struct spec *syn, const struct segment *reply);

/* All three; the ACK was not sent yet. */
void shake_make(const struct rig *r, struct shake *s, bool ip6, bool ts);

/* A further segment of the client, `seq` beyond the first byte. */
struct spec shake_next(const struct spec *ack, uint32_t seq, int flags,
		       int payload);

/* What names the handshake of a SYN in the cookie. */
struct cookie_id shake_id(const struct spec *syn);

/* Decode the answer's cookie: true if it proves with the current key. */
bool shake_decode(const struct rig *r, const struct spec *syn,
		  const struct segment *reply, struct cookie *c);

/* Send a SYN and its ACK; the flow must exist afterwards. */
struct spec shake_all(const struct rig *r, const struct spec *syn);

/* What a program at tc says of a segment, TC_ACT_*. */
int shake_tc(int prog, const struct spec *s);

/* The SYN-ACK that leaves in answer to a SYN: turned round, from its server. */
struct spec shake_answer(const struct spec *syn);

/* The same frame passes if its destination differs by a bit in any byte: it is for
 * another station. */
void ck_others_pass(const struct rig *r, const struct spec *s);

/* Verdict and exactly these counters, in the service's row. */
void ck_result(const char *name, const struct result *res, int verdict,
	       counter_set counts);

/* The same verdict, frame and counts. */
void ck_same(const char *name, const struct result *a, const struct result *b);

/* Say that the row of a table passed, for tests/rows.sh. */
void ck_row_passed(const char *name);

/* A frame that passed is as it was. */
void ck_untouched(const char *name, const struct frame_buf *in,
		  const struct result *res);

#endif
