// SPDX-License-Identifier: MIT

internal import Glibc

/// A library of this project that the dynamic linker loads into a command before all others, and the
/// environment variables that configure it.
struct Preload {
  /// The file of the library.
  let path: String
  /// Variables and their values.
  var environment: [String: String] = [:]

  /// Finds a library: beside this program as installed, or in the checkout that it was built in.
  init(library name: String, builtBy script: String) throws(Failure) {
    let folders = OwnProgram.foldersAbove(OwnProgram.path).dropFirst()
    let candidates =
      folders.prefix(1).flatMap { ["\($0)/lib/tamalloc/\(name)", "\($0)/lib/\(name)"] }
      + folders.flatMap { ["\($0)/build/lib/tamalloc/\(name)", "\($0)/build/lib/\(name)"] }
    guard let found = candidates.first(where: OwnProgram.isReadable) else {
      throw Failure(
        "\(name) is not installed with this program: make install, or \(script) in the checkout, builds it"
      )
    }
    path = found
  }

  /// Sets this process's environment, which its commands inherit.
  static func apply(_ preloads: [Preload]) throws(Failure) {
    var libraries: [String] = []
    for preload in preloads {
      // The dynamic linker takes the variable apart at blanks and colons. A bare name is looked for in
      // folders, which are taken apart at colons and semicolons.
      if preload.path.contains(where: { $0 == " " || $0 == ":" || $0 == ";" }) {
        let slash = preload.path.lastIndex(of: "/") ?? preload.path.startIndex
        let folder = String(preload.path[..<slash])
        guard !folder.contains(":"), !folder.contains(";") else {
          throw Failure("\(preload.path) can't be preloaded: its folder's name has a colon in it")
        }
        prepend(folder, to: "LD_LIBRARY_PATH")
        libraries.append(String(preload.path[slash...].dropFirst()))
      } else {
        libraries.append(preload.path)
      }
      for (name, value) in preload.environment { unsafe _ = setenv(name, value, 1) }
    }
    prepend(libraries.joined(separator: ":"), to: "LD_PRELOAD")
  }

  private static func prepend(_ text: String, to variable: String) {
    // SAFETY: getenv's string stays as it is until the environment is set.
    let old = unsafe getenv(variable).map { unsafe String(cString: $0) } ?? ""
    unsafe _ = setenv(variable, old.isEmpty ? text : text + ":" + old, 1)
  }
}
