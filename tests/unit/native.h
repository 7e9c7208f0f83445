/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What vmlinux.h and libbpf give the data plane's headers, for native tests. */
#ifndef TESTS_NATIVE_H
#define TESTS_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/types.h>

#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#define __noinline	__attribute__((noinline))

#define bpf_htons	htons
#define bpf_ntohs	ntohs
#define bpf_htonl	htonl
#define bpf_ntohl	ntohl

#include "handfast/limits.h"
#include "handfast/flow.h"
#include "handfast/service.h"
#include "handfast/control.h"

/* Global in the data plane; here each file that includes them has its own. */
#pragma weak opt_parse_any
#pragma weak cookie_mss_ts
#pragma weak cookie_mss_no_ts

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include "checksum.bpf.h"
#include "options.bpf.h"
#include "siphash.bpf.h"
#include "cookie.bpf.h"
#pragma GCC diagnostic pop

#endif
