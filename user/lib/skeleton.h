/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The programs as bpftool wraps them, with the types of their variables. */
#ifndef HANDFAST_SKELETON_H
#define HANDFAST_SKELETON_H

#include <linux/types.h>

#include "handfast/control.h"
#include "handfast/service.h"

#include "handfast.skel.h"

#endif
