// SPDX-License-Identifier: MIT

import Foundation
import PhysicalMemory

/// A machine's files in a folder of their own, which goes with this object.
final class ModelFolder {
  let path: String
  var nodesPath: String { path + "/sys/devices/system/node" }

  /// - Parameters:
  ///   - files: of /proc, by name.
  ///   - nodes: of /sys/devices/system/node, by path.
  init(files: [String: String], nodes: [String: String]) throws {
    path = NSTemporaryDirectory() + "tamalloc-model-\(UUID().uuidString)"
    for (name, text) in files { try write(text, to: "\(path)/\(name)") }
    for (name, text) in nodes { try write(text, to: "\(nodesPath)/\(name)") }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  private func write(_ text: String, to file: String) throws {
    let url = URL(filePath: file)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: true, encoding: .utf8)
  }

  /// What a machine says in /proc.
  static func files(of machine: borrowing Machine) -> [String: String] {
    var files: [String: String] = [:]
    for view in MachineView.allCases where view != .status {
      files[view.rawValue] = view.text(of: machine)
    }
    return files
  }

  /// What it says of its nodes in /sys.
  static func nodes(of machine: borrowing Machine) throws -> [String: String] {
    var nodes: [String: String] = [:]
    for number in 0..<machine.nodeCount {
      nodes["node\(number)/meminfo"] = try machine.nodeMeminfo(of: NodeNumber(number))
      nodes["node\(number)/numastat"] = try machine.numastat(of: NodeNumber(number))
    }
    return nodes
  }
}
