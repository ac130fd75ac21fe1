// SPDX-License-Identifier: MIT

internal import Tamalloc

/// The dynamic loader, or the C library of a program that is linked statically, calls this before
/// main: then what is made and looked up once is there before a second thread is, or a fork.
@section(".init_array") @used
private let start: @convention(c) () -> Void = { blocks.prepare() }
