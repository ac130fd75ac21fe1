import Tamalloc
import Pages
func t() throws {
  var memory = try LazyMemory(size: .gibibytes(64))
  memory[40_000_000_000] = 1
  print(try memory.usage)
  var m = try LazyMemory(size: .gibibytes(1), fill: .byte(7))
  print(m.span[1000000], try m.usage.committed)
  m[1000000] = 8
  print(m.span[1000000], try m.usage.committed)
  try m.resize(to: .gibibytes(3))
  print(m.span[1000000], m.span[2_000_000_000], try m.usage.committed, m.checkInvariants())
  try m.resize(to: .gibibytes(1000))
  print(m.span[1000000], m.span[2_000_000_000], m.span[900_000_000_000], try m.usage.committed, m.checkInvariants())
  try m.discard(999_999..<1_000_001)
  print(m.span[1000000])
  var a = try LazyArray(repeating: 1.0, count: 10_000_000_000)
  a[5] = 2
  print(a[5], a[9_999_999_999], try a.usage)
  let b = try LazyArray(repeating: (1 as Int, 2 as Int, 3 as UInt8), count: 1_000_000)
  print(b[999_999], b[0], b[170], b[171])
  do { _ = try LazyMemory(size: 0) } catch { print(error) }
  do { _ = try LazyMemory(size: .tebibytes(200)) } catch { print(error) }
  do { _ = try LazyMemory(size: .tebibytes(20), fill: .byte(3)) } catch { print(error) }
}
try t()
