/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The layouts of include/handfast/ for user space. */
#ifndef HANDFAST_ABI_H
#define HANDFAST_ABI_H

#include <linux/types.h>

#include "handfast/limits.h"
#include "handfast/counter.h"
#include "handfast/exit.h"
#include "handfast/flow.h"
#include "handfast/found.h"
#include "handfast/incident.h"
#include "handfast/state.h"
#include "handfast/service.h"
#include "handfast/splice.h"
#include "handfast/half_open.h"
#include "handfast/answer.h"
#include "handfast/brake.h"
#include "handfast/trace.h"
#include "handfast/control.h"

#endif
