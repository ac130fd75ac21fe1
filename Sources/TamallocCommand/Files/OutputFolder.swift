// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc

/// A folder that a command fills with files.
struct OutputFolder {
  let path: String
  /// The option that named it.
  let option: String

  /// Makes the folder, unless it is there.
  init(path: String, option: String) throws(Failure) {
    guard !path.isEmpty else {
      throw Failure("\(option) needs the name of a folder", status: .usage)
    }
    self.path = path
    self.option = option
    if unsafe mkdir(path, 0o777) != 0, ctamalloc_errno() != EEXIST {
      throw Failure("\(path) can't be made: \(errorText(ctamalloc_errno()))", status: .output)
    }
  }

  /// A folder in it, made unless it is there.
  func folder(_ name: String) throws(Failure) -> OutputFolder {
    try OutputFolder(path: "\(path)/\(name)", option: option)
  }

  /// Writes a file in it.
  func write(_ text: String, to name: String) throws(Failure) {
    try ReplacedFile(path: "\(path)/\(name)", option: option).write(text)
  }
}
