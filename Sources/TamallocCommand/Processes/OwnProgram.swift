// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import FoundationEssentials
internal import Glibc

/// The program of this process, and what it may become.
enum OwnProgram {
  /// The file that runs; what stands beside it belongs to it.
  static var path: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/"
  }

  /// The file's folder and those above it, the nearest first, without a slash at their ends.
  static func foldersAbove(_ path: String) -> [String] {
    var words = path.split(separator: "/")
    var folders: [String] = []
    while words.popLast() != nil {
      folders.append(words.map { "/" + $0 }.joined())
    }
    return folders
  }

  static func isReadable(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

  static func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

  /// Becomes another program, so that the terminal, signals and the exit status are that program's;
  /// returns only where it can't be started.
  static func become(
    _ path: String, _ arguments: [String], named name: String? = nil,
    environment: [String: String] = [:]
  ) -> Failure {
    for (name, value) in environment { unsafe _ = setenv(name, value, 1) }
    // SAFETY: the list, and the copies in it, live until execv returns, if it does.
    unsafe withStringList([name ?? path] + arguments) { words in
      unsafe _ = execv(path, words)
    }
    return Failure("\(path) can't be started: \(errorText(ctamalloc_errno()))")
  }

  /// Ends the process.
  static func exit(_ status: Int32) -> Never { Glibc.exit(status) }
}

/// Calls `body` with copies of texts as C has them: a list of pointers that ends in nil.
func withStringList<Result>(
  _ words: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  // SAFETY: each copy is freed once, when the call is over.
  var list = unsafe words.map { unsafe strdup($0) } + [nil]
  defer { unsafe list.forEach { unsafe free($0) } }
  return unsafe list.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
}
