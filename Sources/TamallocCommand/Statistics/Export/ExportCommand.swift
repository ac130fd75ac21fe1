// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import CTamalloc
internal import ExportArguments
internal import Glibc

/// Becomes the exporter, tamalloc-export, after its options are checked.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Serve memory statistics to Prometheus.",
    discussion: """
      Serves metrics of all processes in total and by groups over HTTP, as OpenMetrics or in \
      Prometheus's text format, whichever is asked for. Several requests within one second share one \
      look. Ctrl-C and SIGTERM end it once answers under way are sent.
      """)

  @OptionGroup var options: ExportOptions

  func run() throws {
    let arguments = Array(ProgramArguments.all.drop { $0 != "export" }.dropFirst())
    let folder = Self.ownFolder
    // Beside this program as built; in libexec as installed.
    for path in ["\(folder)/tamalloc-export", "\(folder)/../libexec/tamalloc/tamalloc-export"]
    where unsafe access(path, X_OK) == 0 {
      // SAFETY: the strings and the array stay as they are until the process is another.
      var vector = unsafe (["tamalloc-export"] + arguments).map { unsafe strdup($0) }
      unsafe vector.append(nil)
      unsafe _ = execv(path, vector)
      throw Failure("\(path) can't be started: \(errorText(ctamalloc_errno()))")
    }
    throw Failure(
      "tamalloc-export is not beside this program: build it (swift build --product tamalloc-export)"
    )
  }

  /// The folder of the running program's file.
  private static var ownFolder: String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    // SAFETY: the buffer is the array's, for the time of the call.
    let length = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe readlink("/proc/self/exe", bytes.baseAddress!, bytes.count)
    }
    // Without /proc the kernel's word for how it was started is left.
    let path =
      length > 0
      ? String(decoding: buffer[..<length], as: UTF8.self) : ProgramArguments.programPath ?? ""
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}
