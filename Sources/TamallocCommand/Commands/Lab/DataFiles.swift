// SPDX-License-Identifier: MIT

internal import Laboratory

/// The course's data files, one for each allocator: of several, the names have the allocator's in them.
struct DataFiles: ~Copyable {
  private final class Box {
    let file: StreamedFile
    init(_ file: consuming StreamedFile) { self.file = file }
  }

  private var files: [AllocatorName: Box] = [:]
  /// Where they will be.
  private(set) var paths: [String] = []

  init(path: String, allocators: [AllocatorName]) throws(Failure) {
    for name in allocators {
      let own = allocators.count == 1 ? path : Self.path(path, of: name)
      let file = try ReplacedFile(path: path.isEmpty ? path : own, option: "--data")
      files[name] = Box(try StreamedFile(file))
      paths.append(own)
    }
  }

  /// `kma_output.dat` becomes `kma_output-buddy.dat`.
  static func path(_ path: String, of name: AllocatorName) -> String {
    let start = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    guard let dot = path[start...].lastIndex(of: "."), dot > start else {
      return "\(path)-\(name.rawValue)"
    }
    return "\(path[..<dot])-\(name.rawValue)\(path[dot...])"
  }

  /// Adds to an allocator's file.
  var sink: (AllocatorName, [UInt8]) throws -> Void {
    let files = files
    return { name, piece in try files[name]?.file.append(piece) }
  }

  func finish() throws(Failure) {
    for box in files.values { try box.file.finish() }
  }
}
