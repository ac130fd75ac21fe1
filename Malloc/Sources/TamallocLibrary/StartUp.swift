// SPDX-License-Identifier: MIT

internal import Heap

/// The dynamic loader, or the C library of a program that is linked statically, calls this before
/// main: then what is made and looked up once is there before a second thread is, or a fork.
@section(".init_array") @used
private let start: @convention(c) () -> Void = { Heap.prepare() }

/// They call this when the program ends by exit, or by returning from main.
@section(".fini_array") @used
private let end: @convention(c) () -> Void = { Heap.reportAtExit() }
