// SPDX-License-Identifier: MIT

internal import FoundationEssentials
internal import Glibc

/// The folder Kernel/scripts of a checkout, whose programs build and boot the kernel.
struct KernelScripts {
  let folder: String

  /// Looks in the working directory and those above it, then above the executable, which a build
  /// leaves inside the checkout.
  static func find() throws(Failure) -> KernelScripts {
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    for start in [FileManager.default.currentDirectoryPath, executable ?? "/"] {
      var words = start.split(separator: "/")
      while true {
        let folder = "/" + (words + ["Kernel", "scripts"]).joined(separator: "/")
        if FileManager.default.isExecutableFile(atPath: folder + "/boot") {
          return KernelScripts(folder: folder)
        }
        if words.isEmpty { break }
        words.removeLast()
      }
    }
    throw Failure(
      "no Kernel/scripts/boot here or above: run this inside a checkout of Tamalloc",
      status: .usage)
  }

  /// Becomes the script, so that the terminal, signals and the exit status are its own; returns only
  /// where that fails.
  func replaceProcess(
    with script: String, _ arguments: [String], isDebugFlavour: Bool
  ) -> Failure {
    let path = folder + "/" + script
    if isDebugFlavour { unsafe _ = setenv("KERNEL_DEBUG", "1", 1) }
    // SAFETY: execv reads the words, which live until it returns, if it does; the list ends in nil.
    var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    unsafe _ = execv(path, &words)
    let reason = unsafe String(cString: strerror(errno))
    unsafe words.forEach { unsafe free($0) }
    return Failure("\(path) can't be run: \(reason)")
  }
}
