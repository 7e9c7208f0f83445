/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The data plane's view of a flow (bpf/flow/facts.bpf.h), in a native test. */
#ifndef TESTS_FACTS_H
#define TESTS_FACTS_H

#include "native.h"
#include "flow/facts.bpf.h"

#endif
