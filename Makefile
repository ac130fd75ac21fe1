# SPDX-License-Identifier: MIT

# make demo     build, and show lazy memory against malloc and calloc on this machine
# make test     all tests
# make kernel   build Linux with the system calls, in a cache outside the checkout, and say where
# make test-kernel-debug   its tests under KASAN, lockdep and other checks
# make kernel-package CONFIG='--config FILE'   Debian packages of it for a real machine
# make bench    ratios against bare mmap, unsafe buffers and other allocators
# make install  the command with its manual, the C library; PREFIX=/usr/local, DESTDIR=
# make lint     the format of every Swift file
# make clean    remove what was built here

PREFIX ?= /usr/local
DESTDIR ?=
CONFIG ?=
# What to pass to the demonstration: make demo DEMO='--size 4GiB'
DEMO ?=

build = swift build -c release --product tamalloc
command = .build/release/tamalloc

.PHONY: help demo test test-swift test-kernel test-kernel-debug kernel kernel-package bench install lint clean
.PHONY: setup setup-test

help:
	@sed -n 's/^# make /make /p' Makefile

setup:
	@scripts/require-swift
	@scripts/require libc6-dev git

setup-test: setup
	@scripts/require pkg-config binutils tmux procps python3-minimal

demo: setup
	$(build)
	@$(command) demo $(DEMO)

test: test-kernel test-swift

# One test after the other: they measure the whole process.
test-swift: setup-test
	swift build --build-tests
	swift test --skip-build --no-parallel

test-kernel: setup
	Kernel/scripts/test
	Kernel/scripts/test-library
	Tests/MemoryStatisticsTests/Programs/compare-sources "$$(Kernel/scripts/command)"

test-kernel-debug: setup
	KERNEL_DEBUG=1 Kernel/scripts/test

kernel: setup
	@Kernel/scripts/build

kernel-package: setup
	Kernel/scripts/package $(CONFIG)

bench: setup
	Benchmarks/run
	Benchmarks/statistics/run

install: setup
	@DESTDIR='$(DESTDIR)' scripts/install '$(PREFIX)'

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Malloc Benchmarks

clean:
	rm -rf .build Malloc/.build Benchmarks/.build build
