/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What libbpf gives the data plane's headers, in a native test: no helper. */
#ifndef TESTS_NATIVE_BPF_HELPERS_H
#define TESTS_NATIVE_BPF_HELPERS_H

#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#define __noinline	__attribute__((noinline))

#endif
