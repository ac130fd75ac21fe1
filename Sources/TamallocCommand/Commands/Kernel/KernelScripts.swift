// SPDX-License-Identifier: MIT

internal import FoundationEssentials

/// The folder Kernel/scripts of a checkout, whose programs build and boot the kernel.
struct KernelScripts {
  let folder: String

  /// Looks in the working directory and those above it, then above the executable, which a build
  /// leaves inside the checkout.
  static func find() throws(Failure) -> KernelScripts {
    let starts = [FileManager.default.currentDirectoryPath + "/.", OwnProgram.path]
    for folder in starts.flatMap(OwnProgram.foldersAbove).map({ $0 + "/Kernel/scripts" })
    where OwnProgram.isExecutable(folder + "/boot") {
      return KernelScripts(folder: folder)
    }
    throw Failure(
      "no Kernel/scripts/boot here or above: run this inside a checkout of Tamalloc",
      status: .usage)
  }

  /// Becomes the script; returns only where that fails.
  func replaceProcess(
    with script: String, _ arguments: [String], isDebugFlavour: Bool
  ) -> Failure {
    OwnProgram.become(
      folder + "/" + script, arguments, environment: isDebugFlavour ? ["KERNEL_DEBUG": "1"] : [:])
  }
}
