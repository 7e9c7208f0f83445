// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The programs of the data plane, one object: each entry in a file of its own. */
#include "ingress.bpf.h"
#include "tc_in.bpf.h"
#include "tc_out.bpf.h"
#include "core.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
