/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a leg waits for: each function (re)starts its only timer. Timeouts are
 * those of its service.
 */
#ifndef HANDFAST_WAIT_H
#define HANDFAST_WAIT_H

#include "conn.h"

/* Until `after_ms` are over. */
void wait_for(struct conns *cs, struct leg *leg, enum leg_wait what,
	      uint64_t now_ms, uint64_t after_ms);

/* Until the next SYN-ACK is due; `tries` were sent. */
void wait_syn_ack(struct conns *cs, struct leg *leg, uint64_t now_ms);
/* The same where the first left `age_ms` ago: sets `tries`. */
void wait_syn_ack_since(struct conns *cs, struct leg *leg, __u32 age_ms,
			uint64_t now_ms);

/* In SYN_SENT: the SYN to the server is due again, or was the last. */
void wait_syn(struct conns *cs, struct leg *leg, uint64_t now_ms);
void wait_syn_since(struct conns *cs, struct leg *leg, __u32 age_ms,
		    uint64_t now_ms);

void wait_2msl(struct conns *cs, struct leg *leg, uint64_t now_ms);
/* 2 MSL of which `age_ms` are over; late by a 32nd at most. */
void wait_2msl_since(struct conns *cs, struct leg *leg, __u32 age_ms,
		     uint64_t now_ms);

/* Until the kernel is asked whether the server's side is there. */
void wait_server(struct conns *cs, struct leg *leg, uint64_t now_ms);

/* Until the window update to a splice's client is repeated. False: it was often
 * enough. */
bool wait_update(struct conns *cs, struct leg *leg, uint64_t now_ms);

/* Keepalive, where the service has it; if not, wait_check(). */
void wait_idle(struct conns *cs, struct leg *leg, uint64_t now_ms);
/* Until the probe just sent is taken for lost. */
void wait_probe(struct conns *cs, struct leg *leg, uint64_t now_ms);

/* When nothing else is waited for: until the socket is asked for. */
void wait_check(struct conns *cs, struct leg *leg, uint64_t now_ms);
/* How long a leg may be silent before that, ms; without a socket to ask for: before
 * its connection is over. */
__u32 wait_silent_ms(const struct conns *cs, struct leg *leg, bool has_socket);

/* The same for what is left of such a limit: ten minutes at most, and of one that is
 * open no less. */
void wait_check_rest(struct conns *cs, struct leg *leg, uint64_t now_ms,
		     __u32 limit_ms, __u32 silent_ms);

/* What a leg in its state waits for; in CLOSED and LISTEN for nothing. */
void wait_by_state(struct conns *cs, struct leg *leg, uint64_t now_ms);

#endif
