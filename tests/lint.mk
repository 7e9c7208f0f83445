# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Linters and sanitizers; included by tests.mk.
#
#   make lint         compilers with -Werror, shellcheck, cppcheck, clang-tidy,
#                     clang-format
#   make format       clang-format, files in place
#   make check-asan   tests against binaries with sanitizers

LINTERS := gcc clang shell cppcheck tidy format

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

# Tables whose rows are laid out by hand stay as they are.
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

# The daemon, the CLI and the unit tests with sanitizers. A report of whatever
# process fails, also where the test did not look: libasan writes to ASAN_LOG,
# libubsan into the output, which KEEP=1 leaves there.
ASAN_TESTS ?= $(UNIT:$(B)/%=$(B)/asan/%) $(patsubst %,tests/net/test_%.sh,\
	cli reload follow states close half_open keepalive trace try adopt \
	doctor selftest kernel_cookie)
ASAN_LOG := $(CURDIR)/$(B)/asan/reports
ASAN_LEAKS ?= 1

check-asan: packages
	$(Q)$(MAKE) --no-print-directory tools $(B)/tests/decode \
		$(B)/tests/xdp_pass.bpf.o
	$(Q)$(MAKE) --no-print-directory B=$(B)/asan \
		CFLAGS='-O1 -g -fno-omit-frame-pointer $(SANITIZE)' \
		all $(UNIT:$(B)/%=$(B)/asan/%)
	$(Q)rm -rf $(ASAN_LOG) $(B)/asan/log && mkdir -p $(ASAN_LOG)
	$(Q)bad=0; B=$(B)/asan HANDFAST=$(CURDIR)/$(B)/asan/handfast \
		HANDFASTD=$(CURDIR)/$(B)/asan/handfastd \
		KEEP=1 TMPDIR=$(ASAN_LOG) \
		ASAN_OPTIONS=log_path=$(ASAN_LOG)/asan:detect_leaks=$(ASAN_LEAKS) \
		UBSAN_OPTIONS=print_stacktrace=1 \
		tests/run.sh $(ASAN_TESTS) || bad=1; \
		grep -r -A8 'runtime error:\|Sanitizer:' $(ASAN_LOG) \
			$(B)/asan/log && bad=1; exit $$bad

.PHONY: check-asan
