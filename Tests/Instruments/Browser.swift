// SPDX-License-Identifier: MIT

import Foundation

/// A headless browser that looks at pages as their readers do: Debian's Chromium, driven by the programs in
/// the folder Browser.
///
/// Each page is opened on a screen and on a phone, light and dark. Its console must say nothing, it may ask
/// for nothing but itself, every text must have the contrast of WCAG 2 AA and stay on the screen; the player
/// plays, steps and stops by a clock that the test moves on; maps, legends and figures must be what the
/// page's data say, which Python reads from the file.
public enum Browser {
  /// What a page is, which decides what is looked at.
  public enum Kind: String, Sendable {
    case compare, machine, report
  }

  /// Whether what `make setup-test` installs is there.
  public static let isInstalled =
    FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium")
    && FileManager.default.isExecutableFile(atPath: "/usr/bin/chromedriver")
    && FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/selenium")

  /// What is wrong with pages, a line each.
  public static func faults(in pages: [(kind: Kind, path: String)]) throws -> [String] {
    let program = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Browser/browse.py").path
    // Debian's own Python, which has Debian's packages; its bytecode stays out of the checkout.
    let (status, output, errors) = try output(
      of: ["/usr/bin/python3", "-B", program] + pages.map { "\($0.kind.rawValue)=\($0.path)" })
    let faults = output.split(separator: "\n").map(String.init)
    // Faults have status 1; any other is the browser's or the program's own.
    guard status == (faults.isEmpty ? 0 : 1) else {
      return faults + ["status \(status): \(errors)"]
    }
    return faults
  }

  private static func output(of words: [String]) throws -> (Int32, String, String) {
    let process = Process()
    process.executableURL = URL(filePath: words[0])
    process.arguments = Array(words.dropFirst())
    let output = Pipe()
    let errors = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data().write(to: errors)
    defer { try? FileManager.default.removeItem(at: errors) }
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: text, as: UTF8.self),
      try String(contentsOf: errors, encoding: .utf8)
    )
  }
}
