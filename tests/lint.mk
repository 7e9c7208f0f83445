# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Linters; included by tests.mk.
#
#   make lint         compilers with -Werror, shellcheck, cppcheck, clang-tidy;
#                     FORMAT=1 also lint-format (not yet: see there)
#   make format       clang-format, files in place

FORMAT ?= 0
LINTERS := gcc clang shell cppcheck tidy $(if $(filter 1,$(FORMAT)),format)

lint:
	$(Q)tests/install.sh lint
	$(Q)$(MAKE) --no-print-directory $(LINTERS:%=lint-%)

# All that is compiled anywhere. B, CC and CFLAGS are the caller's.
build-all: all tools $(UNIT) $(PROG) $(B)/tests/decode \
	$(B)/tests/xdp_pass.bpf.o

lint-gcc lint-clang: lint-%:
	$(Q)$(MAKE) --no-print-directory B=$(B)/lint-$* CC=$* CI=1 SANITIZE= \
		build-all

LINT_SH = $(shell find tests user -name '*.sh') tests/vm/init

lint-shell:
	$(call say,LINT,shellcheck)
	$(Q)printf '%s\n' $(LINT_SH) | xargs -P2 -n8 shellcheck -x

# Arithmetic on void pointers is GNU C. --max-configs: no file has #ifdefs.
lint-cppcheck:
	$(call say,LINT,cppcheck)
	$(Q)cppcheck -q -j2 --std=c11 --library=tests/lint/cppcheck.cfg \
		--enable=warning,performance,portability --max-configs=1 \
		--inline-suppr --suppress=arithOperationsOnVoidPointer \
		--template=gcc --error-exitcode=1 -D_GNU_SOURCE -Iinclude \
		-Iuser/lib -Iuser/daemon -Iuser/cli -Itests/unit -Ibpf \
		user tests

# A file each: clang-tidy 14 confuses va_list from the second on. Nobody here
# mends what the skeleton's generator writes.
LINT_SKEL := $(B)/lint-tidy/handfast.skel.h

$(LINT_SKEL): $(B)/handfast.skel.h
	$(Q)mkdir -p $(@D)
	$(Q){ echo '// NOLINTBEGIN'; cat $<; echo '// NOLINTEND'; } >$@

lint-tidy: $(LINT_SKEL)
	$(call say,LINT,clang-tidy)
	$(Q)ls user/*/*.c | xargs -P2 -I@ clang-tidy --quiet @ -- \
		-I$(B)/lint-tidy $(CPPFLAGS) $(CFLAGS) 2>$(B)/lint-tidy/log || \
		{ grep -v ' warnings\? generated' $(B)/lint-tidy/log; exit 1; }

# Not part of lint before the tree was formatted once. Tables whose rows are
# laid out by hand stay as they are.
FORMAT_FILES = $(filter-out %_rows.c include/handfast/counter.h \
	include/handfast/state.h, $(shell find bpf include user tests -name '*.[ch]'))

lint-format:
	$(call say,LINT,clang-format)
	$(Q)tests/lint/format.sh --check $(FORMAT_FILES)

format:
	$(Q)tests/install.sh lint
	$(Q)tests/lint/format.sh $(FORMAT_FILES)

.PHONY: lint build-all lint-gcc lint-clang lint-shell lint-cppcheck lint-tidy
.PHONY: lint-format format
