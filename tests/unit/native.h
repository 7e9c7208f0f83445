/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The data plane's headers that call no helper, compiled natively. */
#ifndef TESTS_NATIVE_H
#define TESTS_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

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
#include "wire/checksum.bpf.h"
#include "wire/options.bpf.h"
#include "wire/siphash.bpf.h"
#include "open/cookie.bpf.h"
#pragma GCC diagnostic pop

#endif
