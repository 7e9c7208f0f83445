/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel's types are to the data plane's headers, in a native test. */
#ifndef TESTS_NATIVE_VMLINUX_H
#define TESTS_NATIVE_VMLINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <netinet/in.h>
#include <linux/bpf.h>
#include <linux/types.h>

#endif
