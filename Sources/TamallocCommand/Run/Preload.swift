// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import FoundationEssentials
internal import Glibc

/// A library of this project that the dynamic linker is to load into a command before all others, and
/// what the command's environment tells it.
struct Preload {
  /// The file of the library.
  let path: String
  /// Variables and their values.
  var environment: [String: String] = [:]

  /// Looks for a library: beside this program as it is installed, and in the checkout that it was
  /// built in.
  init(library name: String, builtBy script: String) throws(Failure) {
    let program =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/"
    var words = program.split(separator: "/").dropLast()
    var candidates = ["/lib/tamalloc/", "/lib/"].map {
      "/" + words.dropLast().joined(separator: "/") + $0 + name
    }
    while let _ = words.popLast() {
      candidates += ["/build/lib/tamalloc/", "/build/lib/"].map {
        "/" + words.joined(separator: "/") + $0 + name
      }
    }
    guard let found = candidates.first(where: { unsafe access($0, R_OK) == 0 }) else {
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
