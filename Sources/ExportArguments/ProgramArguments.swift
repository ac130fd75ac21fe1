// SPDX-License-Identifier: MIT

internal import CTamalloc

/// What the program was started with, from the C library: `CommandLine` needs /proc, and without it has
/// no arguments at all.
public enum ProgramArguments {
  /// The arguments behind the program's name.
  public static let all: [String] = (1..<max(ctamalloc_argument_count(), 1)).map { index in
    // SAFETY: the C library's strings stay as long as the program.
    guard let argument = unsafe ctamalloc_argument(index) else { return "" }
    return unsafe String(cString: argument)
  }

  /// The path that the program was started by, where the kernel says it.
  public static var programPath: String? {
    // SAFETY: the kernel put the string on the stack before the program began.
    guard let path = unsafe ctamalloc_program_path() else { return nil }
    return unsafe String(cString: path)
  }
}
