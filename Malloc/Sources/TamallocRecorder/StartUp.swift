// SPDX-License-Identifier: MIT

/// The dynamic loader calls this before main.
@section(".init_array") @used
private let start: @convention(c) () -> Void = { Recorder.prepare() }

/// And this when the process ends by exit or by returning from main.
@section(".fini_array") @used
private let end: @convention(c) () -> Void = { Recorder.finish() }
