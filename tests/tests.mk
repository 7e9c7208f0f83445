# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Test tools and test targets; included by the Makefile.

JOBS ?= $(shell nproc)

TOOLS := $(patsubst tests/tools/%.c,$(B)/tests/%,\
	$(filter-out %.bpf.c,$(wildcard tests/tools/*.c)))
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,\
	$(wildcard tests/unit/test_*.c))
PROG := $(patsubst tests/prog/%.c,$(B)/tests/prog/%,\
	$(wildcard tests/prog/test_*.c))

$(B)/tests/%.bpf.o: tests/tools/%.bpf.c
	$(call say,CLANG,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -O2 -g -Wall $(if $(CI),-Werror) -target bpf -mcpu=v3 \
		-I/usr/include/$(shell uname -m)-linux-gnu -c -o $@ $<

# Test tools: a file each, and the parts of tools/lib.
SEG_PARTS := $(patsubst %.c,$(B)/%.o,$(wildcard tests/tools/lib/seg_*.c))

$(B)/tests/seg: $(SEG_PARTS)
$(B)/tests/load $(B)/tests/srv: $(B)/tests/tools/lib/sock_option.o
$(B)/tests/flood: $(B)/tests/flood.skel.h
$(B)/tests/flood $(B)/tests/flood.bpf.o: tests/tools/flood.h
$(B)/tests/%: tests/tools/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -I$(B)/tests $(CFLAGS) -o $@ $< \
		$(filter %.o,$^) -lbpf -lelf -lz -pthread

BPF_TOOLS := $(patsubst tests/tools/%.c,$(B)/tests/%.o,\
	$(wildcard tests/tools/xdp_*.bpf.c tests/tools/tc_*.bpf.c))

BENCH_BPF := $(patsubst tests/bench/%.c,$(B)/tests/%.o,\
	$(wildcard tests/bench/*.bpf.c))

tools: $(TOOLS) $(BPF_TOOLS) $(BENCH_BPF)

# Unit tests: no root, the data plane's headers compiled natively. Each links
# the files that it is about, compiled with sanitizers as the test itself; what
# those call besides is made up in the test.
CHECK_LIBS = $(shell $(PKG_CONFIG) --cflags --libs check)
TEST_CFLAGS = -Wno-missing-field-initializers
NATIVE := -Itests/unit/native -Ibpf
SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=all

$(B)/unit/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(NATIVE) $(CPPFLAGS) $(CFLAGS) $(TEST_CFLAGS) $(SANITIZE) \
		-MMD -MP -c -o $@ $<

$(B)/tests/unit/%: $(B)/unit/tests/unit/%.o
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -o $@ $(filter %.o,$^) $(CHECK_LIBS)

unit = $(patsubst %,$(B)/unit/user/%.o,$(1))

$(B)/tests/unit/test_base64: $(call unit,fleet/base64)
$(B)/tests/unit/test_budget: $(call unit,daemon/conn/budget)
$(B)/tests/unit/test_config: $(call unit,daemon/config_file \
	$(addprefix lib/,config config_key endpoint names spec))
$(B)/tests/unit/test_config: CHECK_LIBS += -linih -lm
$(B)/tests/unit/test_conn: $(call unit,daemon/conn/conn daemon/conn/timer \
	$(addprefix lib/,config config_key endpoint flow_state names spec))
$(B)/tests/unit/test_conn: CHECK_LIBS += -lm
$(B)/tests/unit/test_cpu: $(call unit,sys/cpu)
$(B)/tests/unit/test_etcd: $(call unit,fleet/base64)
$(B)/tests/unit/test_etcd: CHECK_LIBS += $(shell $(PKG_CONFIG) --libs json-c libcurl)
$(B)/tests/unit/test_fleet: $(call unit,fleet/fleet fleet/rotation lib/key_file \
	lib/number sys/secret)
$(B)/tests/unit/test_fsm: $(call unit,lib/fsm lib/flow_state)
$(B)/tests/unit/test_hook_pin: $(call unit,lib/hook_pin)
$(B)/tests/unit/test_journal: $(call unit,daemon/incident_log \
	$(addprefix lib/,journal log names) sys/unix)
$(B)/tests/unit/test_key_file: $(call unit,lib/key_file lib/number)
$(B)/tests/unit/test_listeners: $(call unit,daemon/service/listeners lib/array)
$(B)/tests/unit/test_metrics: $(call unit,$(addprefix format/,exposition metrics) \
	lib/names view/metrics)
$(B)/tests/unit/test_mnl: $(call unit,static/mnl)
$(B)/tests/unit/test_names: $(call unit,lib/names)
$(B)/tests/unit/test_netlink: $(call unit,sys/netlink)
$(patsubst %,$(B)/tests/unit/test_%,netlink socket): CHECK_LIBS += \
	$(shell $(PKG_CONFIG) --libs libmnl)
$(B)/tests/unit/test_phase: $(call unit,lib/phase)
$(B)/tests/unit/test_privilege: $(call unit,daemon/privilege lib/journal lib/log \
	sys/unix)
$(B)/tests/unit/test_privilege: CHECK_LIBS += \
	$(shell $(PKG_CONFIG) --libs libcap-ng libseccomp)
$(B)/tests/unit/test_services: $(call unit,$(addprefix daemon/service/,\
	found profiles rows service_choice service_table services) \
	$(addprefix lib/,array config config_key endpoint names spec))
$(B)/tests/unit/test_services: CHECK_LIBS += -lm
$(B)/tests/unit/test_socket: $(call unit,sys/socket lib/tuple)
$(B)/tests/unit/test_sysctl: $(call unit,lib/names sys/sysctl)
$(B)/tests/unit/test_sysctl: CHECK_LIBS += -Wl,--wrap=fopen
$(B)/tests/unit/test_timer: $(call unit,daemon/conn/timer)

# The daemon's connections in a made-up world, see tests/unit/world.h.
WORLD_TESTS := $(patsubst %,$(B)/tests/unit/test_%,due machine)
$(WORLD_TESTS): $(call unit,$(addprefix daemon/conn/,budget conn conns due machine \
	reaper sweep timer wait) $(addprefix lib/,config config_key endpoint \
	flow_state fsm names phase spec))
$(WORLD_TESTS): CHECK_LIBS += -lm

$(B)/tests/decode: tests/net/decode.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -o $@ $<

$(B)/tests/unit/test_decode: $(B)/tests/decode
$(B)/unit/tests/unit/test_decode.o: override CPPFLAGS += \
	-DDECODE='"$(B)/tests/decode"'

check-unit: $(UNIT)
	$(Q)for t in $(UNIT); do $$t || exit 1; done

# Break the table of the state machine cell by cell; ALL=1: in every way.
mutants-fsm:
	$(Q)CC="$(CC)" ALL="$(ALL)" tests/mutants/fsm.sh

# Break bpf/ and user/ line by line: root, NAMES="part of a row's name ...".
mutants:
	$(Q)tests/mutants/run.sh $(NAMES)

# Does each of those lines stand where the list says, and is there its test?
check-mutants:
	$(Q)tests/mutants/run.sh --check

.PHONY: tools check-unit mutants-fsm mutants check-mutants

# Tests and benchmark of the loaded programs: root.
PROG_LIB := $(patsubst %,$(B)/tests/prog/%.o,packet rig shake) \
	$(B)/user/sys/kernel.o

$(B)/tests/prog/%.o: override CPPFLAGS += $(NATIVE) -Itests/unit
$(B)/tests/prog/%.o: override CFLAGS += $(TEST_CFLAGS)
$(B)/tests/prog/rig.o: $(B)/handfast.skel.h
$(B)/tests/prog/cost_run.o: $(B)/tests/prog/cost.skel.h $(B)/tests/floor.skel.h

$(B)/tests/prog/test_ingress: $(patsubst %.c,$(B)/%.o,$(filter-out \
	tests/prog/cost_%,$(wildcard tests/prog/*_rows.c tests/prog/*_cases.c)))
$(B)/tests/prog/test_cost: $(patsubst %,$(B)/tests/prog/cost_%.o,\
	rows run clients)
$(B)/tests/prog/test_%: $(B)/tests/prog/test_%.o $(PROG_LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(CHECK_LIBS) $(LDLIBS)

$(B)/tests/%.bpf.o: tests/bench/%.bpf.c tests/bench/floor.bpf.h
	$(call say,CLANG,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(B)/tests/prog/%.bpf.o: tests/prog/%.bpf.c tests/prog/cost.h
	$(call say,CLANG,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -I/usr/include/$(shell uname -m)-linux-gnu \
		-c -o $@ $<

check-prog: $(B)/tests/prog/test_ingress
	$(Q)$<

# BENCH="cost live synack flooded connect calm switch throughput splice flows
# takeover", or some, or attacked, endurance; the table is also in $(B)/bench.json.
bench: $(B)/tests/prog/test_cost all tools
	$(Q)B=$(B) tests/bench/run.sh $(BENCH)

# What `make bench` found last is what the next ones are compared to.
bench-reference:
	$(Q){ sed -n '/^#/p' tests/bench/reference; \
		jq -r '.rows[] | select(.unit == "x" and .value) | .key, .value' \
			$(B)/bench.json | paste -d ' ' - -; \
	} >$(B)/reference && mv $(B)/reference tests/bench/reference

# The pictures of the README: user/plots.
bench-plot: all tools
	$(Q)tests/install.sh plot
	$(Q)B=$(B) tests/bench/rates.sh
	$(Q)mkdir -p user/plots
	$(Q)gnuplot -e "in='$(B)/rates.tsv'; out='user/plots/flood.svg'" \
		tests/bench/rates.gp

.PHONY: check-prog bench bench-reference bench-plot

# The same, and real handshakes, under Debian's kernels, emulated, and at network
# cards. VM_TESTS: other tests instead, on each of VM_KERNELS.
VM_KERNELS ?= 6.1 6.12 6.12-arm64
VM_TESTS ?=
VM_CARDS ?= 6.12:virtio-net-pci 6.12:vmxnet3 6.1:virtio-net-pci 6.1:vmxnet3 \
	6.12/4:virtio-net-pci,mq=on,vectors=10 \
	6.12/1:virtio-net-pci,ctrl_guest_offloads=off \
	$(addprefix 6.12-full:,e1000 rtl8139 i82559er e1000e igb)
VM_ARM64 := $(if $(filter %-arm64,$(VM_KERNELS)),arm64)

# All of it for arm64, into build/aarch64-linux-gnu.
arm64:
	$(Q)tests/install.sh vm
	$(Q)root=$$(tests/vm/root.sh) && $(MAKE) --no-print-directory \
		CROSS_COMPILE=aarch64-linux-gnu- SYSROOT="$$root" CI=1 \
		SANITIZE= build-all

check-vm:
	$(Q)tests/install.sh lint vm
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all tools \
		$(B)/tests/prog/test_ingress $(B)/tests/decode $(VM_ARM64)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) lint-clang-19
ifeq ($(VM_TESTS),)
	$(Q)tests/run.sh $(VM_KERNELS:%=tests/vm/test_%.sh)
	$(Q)tests/vm/cards.sh $(VM_CARDS)
else
	$(Q)bad=0; for k in $(VM_KERNELS); do echo "Linux $$k:"; \
		tests/vm/run.sh $$k tests/run.sh $(VM_TESTS) || \
		{ bad=1; echo "logs: $(B)/vm-log/$$k"; }; \
	done; exit $$bad
endif

.PHONY: arm64 check-vm

# Everything. Packages first: without them nothing below can be built.
NET := $(sort $(wildcard tests/net/test_*.sh tests/attack/test_*.sh))
DOC := $(sort $(wildcard tests/doc/test_*.sh))

packages:
	$(Q)tests/install.sh

check-net: all static tools $(B)/tests/decode
	$(Q)tests/run.sh $(NET)

demo: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all tools
	$(Q)tests/demo/host.sh

check:
	$(Q)tests/install.sh lint vm
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) build-all $(VM_ARM64)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) asan
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) lint-clang-19
	$(Q)SANITIZED=1 LAST="tests/raised.sh tests/rows.sh" tests/run.sh \
		tests/lint/test_lint.sh $(VM_KERNELS:%=tests/vm/test_%.sh) \
		$(UNIT) $(B)/tests/prog/test_ingress \
		$(DOC) $(NET)

# Real servers: nginx, haproxy, redis, PostgreSQL, OpenSSH, iperf3, each beside
# the plain kernel, one after the other: 14 minutes. The table is also in
# $(B)/servers.md. MIB=64 CONNECTIONS=1000 takes half of that.
SERVERS := $(sort $(wildcard tests/servers/test_*.sh))

check-servers:
	$(Q)tests/install.sh servers
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all tools
	$(Q)rm -rf $(B)/servers $(B)/servers.md
	$(Q)B=$(B) JOBS=1 LAST=tests/servers/table.sh tests/run.sh $(SERVERS)

# Alerts and dashboard of user/monitoring, and the metrics, by promtool, which comes
# with Prometheus: 100 MB that `make check` does without.
check-monitoring:
	$(Q)tests/install.sh monitoring
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all tools
	$(Q)tests/run.sh tests/monitoring/test_monitoring.sh \
		tests/net/test_metrics.sh

# As the README says, in a minimal Debian; SUITE=trixie for another one.
SUITE ?= bookworm

check-newcomer:
	$(Q)tests/newcomer.sh $(SUITE)

# The Debian package, built and installed in a minimal Debian.
check-package:
	$(Q)tests/install.sh package
	$(Q)tests/package/run.sh $(SUITE)

.PHONY: packages check-net demo demo-gateway check check-servers \
	check-monitoring check-newcomer check-package

include tests/lint.mk
