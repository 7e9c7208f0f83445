# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# handfast: build, install. Test targets are in tests/tests.mk.
#
#   make            build everything, needs no root
#   make static     the same without libraries, for rescue systems: build/static
#   make demo       install what is missing, build, show a flood absorbed
#   make demo-gateway   the same for servers behind DNAT
#   make check      install what is missing, build, run all tests
#   make install    DESTDIR, PREFIX as usual
#   V=1 shows commands, NO_INSTALL=1 never installs packages
#   CROSS_COMPILE=aarch64-linux-gnu-   build for that architecture, into
#                   build/aarch64-linux-gnu; SYSROOT=DIR: its libraries

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
UNITDIR ?= $(PREFIX)/lib/systemd/system
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
PKG_CONFIG ?= pkg-config
TARGET := $(patsubst %-,%,$(notdir $(CROSS_COMPILE)))
ifdef CROSS_COMPILE
CC := $(CROSS_COMPILE)gcc $(SYSROOT:%=--sysroot=%)
PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
	PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(TARGET)/pkgconfig \
	$(PKG_CONFIG)
endif
BPFTOOL ?= $(shell for t in bpftool /usr/sbin/bpftool \
	/usr/lib/linux-tools/*/bpftool; do \
	$$t version >/dev/null 2>&1 && echo $$t && break; done)
CFLAGS ?= -O2 -g
V ?= 0

VERSION := 0.1.0
COMMIT := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
B := build$(TARGET:%=/%)
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-8s%s\n' $(1) $(2))

LIBS := libbpf libevent_extra libevent_core json-c libmnl inih libelf zlib \
	libcap-ng libseccomp
WARN := -Wall -Wextra -Wmissing-prototypes -Wshadow $(if $(CI),-Werror)
override CPPFLAGS += -D_GNU_SOURCE -Iinclude -iquote user -I$(B) \
	-DHF_VERSION='"$(VERSION)"' -DHF_COMMIT='"$(COMMIT)"' \
	-DHF_SBINDIR='"$(SBINDIR)"'
override CFLAGS += -std=gnu11 $(WARN) \
	$(shell $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null)
LDLIBS = $(shell $(PKG_CONFIG) --libs $(LIBS)) -lm
# Of libmnl Debian has no archive: user/static/mnl.c
STATIC_LDLIBS = $(filter-out -lmnl,$(shell $(PKG_CONFIG) --static --libs \
	$(LIBS) ncursesw)) -lm
# One vmlinux.h, of x86: libbpf finds each field in the kernel that runs.
BPF_CFLAGS := -O2 -g -Wall -Wextra $(if $(CI),-Werror) -target bpf -mcpu=v3 \
	-Ivmlinux -Iinclude -Ibpf \
	$(shell $(PKG_CONFIG) --cflags libbpf 2>/dev/null)

objs = $(patsubst %.c,$(B)/%.o,$(wildcard $(1:%=user/%/*.c)))
LIB_OBJS := $(call objs,lib sys)
SHOW_OBJS := $(call objs,show view format)
DAEMON_OBJS := $(call objs,daemon daemon/conn daemon/attach daemon/service)
CLI_OBJS := $(call objs,cli lab)
STATIC := $(addprefix $(B)/static/,handfastd handfast)

PROGRAMS := handfastd handfast
UNITS := handfast handfast@
MANUAL := $(filter-out %-fleet.8,$(wildcard user/man/*.[578]))
ifneq (,$(shell $(PKG_CONFIG) --exists 'libcurl >= 7.85.0' && echo yes))
PROGRAMS += handfast-fleet
UNITS += handfast-fleet
MANUAL += user/man/handfast-fleet.8
endif

all: $(PROGRAMS:%=$(B)/%)

static: $(STATIC)

$(B)/handfastd $(B)/static/handfastd: $(DAEMON_OBJS) $(SHOW_OBJS) $(LIB_OBJS)
$(B)/handfast $(B)/static/handfast: $(CLI_OBJS) $(SHOW_OBJS) $(LIB_OBJS)
$(B)/handfast: LDLIBS += $(shell $(PKG_CONFIG) --libs ncursesw)
$(B)/handfast-fleet: $(call objs,fleet) $(patsubst %,$(B)/user/%.o,lib/journal \
	lib/key_file lib/log lib/names lib/number sys/notify sys/secret sys/unix)
$(B)/handfast-fleet: LDLIBS = $(shell $(PKG_CONFIG) --libs json-c libcurl)
$(B)/handfastd $(B)/handfast $(B)/handfast-fleet:
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# A linker's warning: glibc would load a library (user/static/names.c).
$(STATIC): $(call objs,static)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static-pie \
		$(CI:%=-Wl,--fatal-warnings) -o $@ $^ $(STATIC_LDLIBS)

$(B)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(DAEMON_OBJS) $(CLI_OBJS): $(B)/handfast.skel.h $(B)/listening.skel.h

# The page as an array, of plain od for whatever the target is.
$(B)/page.h: user/page/index.html
	$(call say,PAGE,$@)
	$(Q)mkdir -p $(@D)
	$(Q){ echo 'static const unsigned char page_html[] = {'; \
		od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g'; echo '};'; } >$@

$(B)/user/daemon/metrics.o: $(B)/page.h

$(B)/%.bpf.o: bpf/%.bpf.c
	$(call say,CLANG,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ -c -o $@ $<
	$(Q)$(LLVM_STRIP) -g $@

$(B)/%.skel.h: $(B)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(basename $(*F)) > $@

# What is installed: MODE:FILE:PLACE
INSTALLED := $(foreach f,$(PROGRAMS),\
		755:$(B)/$(f):$(DESTDIR)$(SBINDIR)/$(f)) \
	$(foreach f,$(MANUAL),\
		644:$(f):$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(f)))/$(notdir $(f))) \
	644:user/completion/handfast.bash:$(DESTDIR)$(BASHDIR)/handfast \
	644:user/completion/_handfast:$(DESTDIR)$(ZSHDIR)/_handfast \
	644:user/completion/handfast.fish:$(DESTDIR)$(FISHDIR)/handfast.fish \
	$(foreach f,$(UNITS),\
		644:$(B)/$(f).service:$(DESTDIR)$(UNITDIR)/$(f).service)

# one unit is of the instance `default`, the other one of each
$(B)/handfast.service: IS := default handfast
$(B)/handfast@.service: IS := %i %i
$(B)/handfast.service $(B)/handfast@.service: user/systemd/handfast.service.in
$(B)/handfast-fleet.service: user/systemd/handfast-fleet.service.in
$(B)/%.service: FORCE
	$(call say,UNIT,$@)
	$(Q)mkdir -p $(@D)
	$(Q)sed -e 's,@SBINDIR@,$(SBINDIR),' -e 's,@NAME@,$(word 1,$(IS)),' \
		-e 's,@FILE@,$(word 2,$(IS)),' $(filter %.in,$^) >$@

install: all $(UNITS:%=$(B)/%.service)
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)$(foreach f,$(INSTALLED),install -D -m $(subst :, ,$(f)) &&) true

uninstall:
	rm -f $(foreach f,$(INSTALLED),$(lastword $(subst :, ,$(f))))

clean:
	rm -rf $(B)

include tests/tests.mk

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all static install uninstall clean FORCE
-include $(shell find $(B) -path $(B)/vm -prune -o -name '*.d' \
	-print 2>/dev/null)
