/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Byte order for the data plane's headers, in a native test. */
#ifndef TESTS_NATIVE_BPF_ENDIAN_H
#define TESTS_NATIVE_BPF_ENDIAN_H

#include <arpa/inet.h>

#define bpf_htons	htons
#define bpf_ntohs	ntohs
#define bpf_htonl	htonl
#define bpf_ntohl	ntohl

#endif
