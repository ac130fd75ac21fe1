// SPDX-License-Identifier: MIT

// /proc/vmallocinfo: areas by address, their bytes with the guard, who asked, pages and nodes.
//
//     0xffffc90000000000-0xffffc90000005000   20480 load_module pages=4 vmalloc N0=4
//
// Source: vmalloc_info_show() and show_numa_info() of mm/vmalloc.c, Linux 6.12.

internal import Pages

extension Machine {
  /// The text of /proc/vmallocinfo.
  public var vmallocinfo: String {
    var text = ""
    let digits = layout.architecture == .x86_64 ? 16 : 8
    func padded(_ address: KernelAddress) -> String {
      let number = String(address.rawValue, radix: 16)
      return "0x" + String(repeating: "0", count: max(0, digits - number.count)) + number
    }
    for area in areas.areas {
      text += "\(padded(area.start))-\(padded(area.start + area.span))"
      text += " \(column(area.span.rawValue, 7)) \(area.caller) pages=\(area.frames.count) vmalloc"
      var nodes = [Int](repeating: 0, count: nodeCount)
      for frame in area.frames { nodes[Int(frames[frame].zoneIndex) >> 2] += 1 }
      for (node, count) in nodes.enumerated() where count > 0 { text += " N\(node)=\(count)" }
      text += "\n"
    }
    return text
  }
}
