# SPDX-License-Identifier: MIT

# Start
#   make demo               build, and show lazy memory against malloc and calloc on this machine
#   make install            the command with its manual, the C library; PREFIX=/usr/local, DESTDIR=
#   make uninstall          remove what that has installed
#
# Test
#   make test               all tests: the booted kernel's beside those of the library and the command
#   make test-swift         its parts: the library and the command;
#   make test-kernel          the booted kernel;
#   make test-install         what make install installs;
#   make test-python          the Python package, as a wheel in a virtual environment of its own
#   make lint               the format of every Swift file; shellcheck over every shell script
#   make test-heap          the heap's tests at full size, under every program that they know
#   make test-kernel-mm     all of Linux's own tests of memory management, beside Debian's kernel
#   make test-kernel-debug  the kernel's tests under KASAN, lockdep and other checks
#
# Measure
#   make bench              ratios against bare mmap, unsafe buffers and other allocators
#   make report             all of it here, in half an hour: report.html and report.md; REPORT='--quick'
#   make compare-linux      record the page allocator of a booted kernel, and replay it in the model
#
# Build
#   make kernel             Linux with the system calls, in a cache outside the checkout, and say where
#   make kernel-package     Debian packages of it for a real machine; CONFIG='--config FILE'
#   make docs               the documentation as DocC, in .build/docs
#   make clean              remove what was built here

PREFIX ?= /usr/local
DESTDIR ?=
CONFIG ?=
# What to pass to the report: make report REPORT='--language es --section memory heap'
REPORT ?=
# What to pass to the demonstration: make demo DEMO='--size 4GiB'
DEMO ?=

build = swift build -c release --product tamalloc
command = .build/release/tamalloc

.PHONY: help demo test test-swift test-install test-python test-heap test-kernel test-kernel-mm test-kernel-debug
.PHONY: kernel kernel-package compare-linux bench report docs install uninstall lint clean setup setup-test setup-lint setup-bench

help:
	@sed -n -e '1,2d' -e '/^$$/q' -e 's/^# \{0,1\}//p' Makefile

setup:
	@scripts/require-swift
	@scripts/require libc6-dev git

# Prometheus and its node_exporter are unpacked into ~/.cache, not installed: their packages would start
# services.
setup-test: setup
	@scripts/require pkg-config binutils gcc g++ cmake perl tmux procps numactl valgrind sqlite3 python3 python3-dev python3-venv \
		python3-prometheus-client curl zsh fish groff-base mandoc chromium chromium-driver python3-selenium
	@scripts/unpack prometheus >/dev/null
	@scripts/unpack prometheus-node-exporter >/dev/null
	@scripts/unpack lxcfs >/dev/null

setup-lint: setup
	@scripts/require shellcheck

setup-bench: setup
	@scripts/require gcc python3 procps smem htop

demo: setup
	$(build)
	@$(command) demo $(DEMO)

# What has to be installed is, before the two could be in each other's way.
test: setup-test
	@Kernel/scripts/install --selftests
	@scripts/side-by-side "the kernel's tests" '$(MAKE) --no-print-directory test-kernel' \
		"the library's and the command's tests" '$(MAKE) --no-print-directory test-swift test-install test-python'

# One test after the other: they measure the whole process.
test-swift: setup-test
	Malloc/build-recorder
	swift build --build-tests
	PATH="$$(scripts/unpack prometheus)/usr/bin:$$(scripts/unpack prometheus-node-exporter)/usr/bin:$$PATH" \
		swift test --skip-build --no-parallel

# The heap's tests at full size, under every program that Debian has for them.
test-heap: setup-test
	@scripts/require spin
	Tests/HeapTests/Programs/full

# What make install installs, in a folder that is then deleted.
test-install: setup-test
	scripts/test-install

# pip fetches what Python/requirements-test.txt pins.
test-python: setup-test
	scripts/test-python

# The first builds the kernel for the others.
test-kernel: setup
	Kernel/scripts/test
	Kernel/scripts/test-terminal
	Tests/MemoryStatisticsTests/Programs/compare-sources "$$(Kernel/scripts/command)"
	Kernel/scripts/test-library
	Kernel/scripts/mm-selftests --quick
	Kernel/scripts/ordinary-memory --no-build

# All of Linux's own tests, here and in Debian's kernel: 11 minutes in each.
test-kernel-mm: setup
	Kernel/scripts/mm-selftests --all

test-kernel-debug: setup
	KERNEL_DEBUG=1 Kernel/scripts/test

kernel: setup
	@Kernel/scripts/build

kernel-package: setup
	Kernel/scripts/package $(CONFIG)

# A measurement, not a test: it says how far the model and Linux agree.
compare-linux: setup
	$(build)
	@recording=$$(Kernel/scripts/record-pages) && $(command) lab kernel-pages "$$recording"

bench: setup-bench
	Benchmarks/run
	Benchmarks/statistics/run
	Benchmarks/heap/run
	Benchmarks/reset/run

report: setup-bench
	@scripts/require libjemalloc2 libmimalloc2.0 libtcmalloc-minimal4 python3-numpy
	$(build)
	swift build -c release --product tamalloc-report
	@.build/release/tamalloc-report $(REPORT)

docs: setup
	scripts/docs

install: setup
	@DESTDIR='$(DESTDIR)' scripts/install '$(PREFIX)'

uninstall:
	@DESTDIR='$(DESTDIR)' scripts/uninstall '$(PREFIX)'

lint: setup-lint
	swift format lint --strict --recursive Package.swift Sources Tests Malloc Benchmarks
	scripts/lint-shell

clean:
	rm -rf .build .build-install .build-static Malloc/.build Benchmarks/.build build
