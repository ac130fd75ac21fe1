# SPDX-License-Identifier: MIT
"""A plugin of pytest's: everything runs within tamalloc.lazy()."""

import contextlib

import tamalloc

_stack = contextlib.ExitStack()


def pytest_configure(config):
    _stack.enter_context(tamalloc.lazy())


def pytest_unconfigure(config):
    _stack.close()
