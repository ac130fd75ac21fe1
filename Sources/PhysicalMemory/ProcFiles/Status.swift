// SPDX-License-Identifier: MIT

// /proc/PID/status. What the model lacks (users, signals, capabilities) reads as for a root process without
// any.
//
// Source: proc_pid_status() of fs/proc/array.c and task_mem() of fs/proc/task_mmu.c, Linux 6.12.

extension Machine {
  /// The text of /proc/PID/status.
  public func status(of number: ProcessNumber) throws(MachineError) -> String {
    let process = try process(number)
    func kibibytes(_ pages: Int) -> String { "\t\(column(pages * 4, 8)) kB\n" }
    let pid = number.rawValue
    // The kernel keeps 15 characters of a name.
    var text = "Name:\t\(String(decoding: process.name.utf8.prefix(15), as: UTF8.self))\n"
    text += "Umask:\t0022\nState:\tS (sleeping)\nTgid:\t\(pid)\nNgid:\t0\nPid:\t\(pid)\n"
    text += "PPid:\t\(process.parent?.rawValue ?? 0)\nTracerPid:\t0\n"
    text += "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t \n"
    text += "NStgid:\t\(pid)\nNSpid:\t\(pid)\nNSpgid:\t\(pid)\nNSsid:\t\(pid)\nKthread:\t0\n"
    text += "VmPeak:" + kibibytes(process.peakReserved)
    text += "VmSize:" + kibibytes(process.reserved)
    text += "VmLck:" + kibibytes(0) + "VmPin:" + kibibytes(0)
    text += "VmHWM:" + kibibytes(process.peakResident)
    text += "VmRSS:" + kibibytes(process.resident)
    text += "RssAnon:" + kibibytes(process.resident)
    text += "RssFile:" + kibibytes(0) + "RssShmem:" + kibibytes(0)
    text += "VmData:" + kibibytes(process.reserved)
    text += "VmStk:" + kibibytes(0) + "VmExe:" + kibibytes(0) + "VmLib:" + kibibytes(0)
    text += "VmPTE:" + kibibytes(process.pageTables)
    text += "VmSwap:" + kibibytes(process.swapped)
    text += "HugetlbPages:" + kibibytes(0)
    text += "CoreDumping:\t0\nTHP_enabled:\t0\nuntag_mask:\t0xffffffffffffffff\nThreads:\t1\n"
    text += "SigQ:\t0/0\n"
    for name in ["SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt"] {
      text += "\(name):\t0000000000000000\n"
    }
    for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
      text += "\(name):\t0000000000000000\n"
    }
    text += "NoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n"
    text += "voluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n"
    return text
  }
}
