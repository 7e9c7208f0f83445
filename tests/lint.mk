# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Linters and sanitizers; included by tests.mk.
#
#   make lint         compilers with -Werror, shellcheck, cppcheck, clang-tidy,
#                     clang-format, the list of mutants
#   make format       clang-format, files in place
#   make check-asan   tests against binaries with sanitizers

LINTERS := $(addprefix lint-,headers gcc clang clang-19 shell cppcheck \
	tidy format mutants)

lint:
	$(Q)tests/install.sh lint
	$(Q)$(MAKE) --no-print-directory $(LINTERS)

# for tests/lint/test_lint.sh
linters:
	@echo $(LINTERS)

# All that is compiled anywhere. B, CC and CFLAGS are the caller's.
build-all: all static tools $(UNIT) $(PROG) $(B)/tests/decode

# The compilers: Debian 12's own, and the newest clang that it has, which is
# Debian 13's own.
lint-gcc: LINT_CC := CC=gcc
lint-clang: LINT_CC := CC=clang
lint-clang-19: LINT_CC := CC=clang-19 CLANG=clang-19 LLVM_STRIP=llvm-strip-19

lint-gcc lint-clang lint-clang-19: lint-%:
	$(Q)$(MAKE) --no-print-directory B=$(B)/lint-$* $(LINT_CC) CI=1 \
		SANITIZE= build-all

# Each header compiles alone: it includes what it needs, and no more is told.
# Those of the maps' layouts take the types of whoever includes them.
HEADERS_BPF = $(shell find bpf -name '*.bpf.h')
HEADERS_USER = $(shell find user -name '*.h')

lint-headers: $(B)/handfast.skel.h $(B)/listening.skel.h
	$(call say,LINT,headers)
	$(Q)printf '%s\n' $(HEADERS_BPF) | xargs -P2 -I@ $(CLANG) $(BPF_CFLAGS) \
		-Wno-unused-function -Werror -fsyntax-only -x c @
	$(Q)printf '%s\n' include/handfast/*.h | xargs -P2 -I@ $(CC) \
		$(CPPFLAGS) $(CFLAGS) -Werror -include linux/types.h \
		-fsyntax-only -x c @
	$(Q)printf '%s\n' $(HEADERS_USER) | xargs -P2 -I@ $(CC) $(CPPFLAGS) \
		$(CFLAGS) -Werror -fsyntax-only -x c @

LINT_SH = $(shell find tests user -name '*.sh') tests/vm/init \
	user/completion/handfast.bash debian/handfast.prerm

lint-shell:
	$(call say,LINT,shellcheck)
	$(Q)printf '%s\n' $(LINT_SH) | xargs -P2 -n8 shellcheck -x

# Arithmetic on void pointers is GNU C. --max-configs: no file has #ifdefs.
lint-cppcheck:
	$(call say,LINT,cppcheck)
	$(Q)cppcheck -q -j2 --std=c11 --library=tests/lint/cppcheck.cfg \
		--enable=warning,performance,portability --max-configs=1 \
		--inline-suppr --suppress=arithOperationsOnVoidPointer \
		--suppress=normalCheckLevelMaxBranches \
		--template=gcc --error-exitcode=1 -D_GNU_SOURCE \
		-DHF_VERSION='""' -DHF_COMMIT='""' -DHF_SBINDIR='""' -Iinclude \
		-Iuser -Itests/unit -Ibpf \
		user tests

# Nobody here mends what the skeletons' generator writes.
LINT_SKEL := $(B)/lint-tidy/handfast.skel.h $(B)/lint-tidy/listening.skel.h

$(LINT_SKEL): $(B)/lint-tidy/%: $(B)/%
	$(Q)mkdir -p $(@D)
	$(Q){ echo '// NOLINTBEGIN'; cat $<; echo '// NOLINTEND'; } >$@

lint-tidy: $(LINT_SKEL) $(B)/page.h
	$(call say,LINT,clang-tidy)
	$(Q)ls user/*/*.c user/daemon/*/*.c | xargs -P2 -I@ clang-tidy-19 --quiet @ -- \
		-I$(B)/lint-tidy $(CPPFLAGS) $(CFLAGS) 2>$(B)/lint-tidy/log || \
		{ grep -v ' warnings\? generated' $(B)/lint-tidy/log; exit 1; }

# Tables whose rows are laid out by hand stay as they are.
FORMAT_FILES = $(filter-out %_rows.c include/handfast/counter.h \
	include/handfast/state.h, $(shell find bpf include user tests -name '*.[ch]'))

lint-format:
	$(call say,LINT,clang-format)
	$(Q)tests/lint/format.sh --check $(FORMAT_FILES)

# Code that moves must take its row of the list along.
lint-mutants:
	$(call say,LINT,mutants)
	$(Q)$(MAKE) --no-print-directory check-mutants

format:
	$(Q)tests/install.sh lint
	$(Q)tests/lint/format.sh $(FORMAT_FILES)

.PHONY: lint linters build-all $(LINTERS) format

# The daemon and the CLI with sanitizers; see tests/sanitized. Unit tests have
# them anyway. LeakSanitizer traces: what is refused else is logged only.
SANITIZED = $(shell sed -n 's/^net-\([a-z_]*\)[[:space:]].*/tests\/net\/\1.sh/p' \
	tests/sanitized)

asan:
	$(Q)$(MAKE) --no-print-directory B=$(B)/asan \
		CFLAGS='-O1 -g -fno-omit-frame-pointer $(SANITIZE) \
		-DHF_REFUSED=SCMP_ACT_LOG' all

check-asan: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all tools $(UNIT) \
		$(B)/tests/decode
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) asan
	$(Q)SANITIZED=1 tests/run.sh $(UNIT) $(SANITIZED)

.PHONY: asan check-asan
