// SPDX-License-Identifier: MIT

// A Swift program that brings its own runtime and uses the C library beside it. Were any of the
// library's runtime symbols visible, the classes and arrays here would be counted by the wrong one.

final class Node {
  nonisolated(unsafe) static var alive = 0
  var next: Node?
  let text: String
  init(_ text: String, next: Node?) {
    self.text = text
    self.next = next
    Node.alive += 1
  }
  deinit { Node.alive -= 1 }
}

func chain(_ length: Int) -> [String] {
  var head: Node?
  for number in 0..<length { head = Node("node \(number)", next: head) }
  var texts: [String] = []
  var node = head
  while let current = node {
    texts.append(current.text)
    node = current.next
  }
  return texts
}

let texts = chain(1000)
precondition(texts.count == 1000 && texts.sorted().first == "node 0")
precondition(Node.alive == 0)

#if USES_TAMALLOC
  let size = 1 << 34
  guard let block = tamalloc(size) else { fatalError("no block") }
  block.storeBytes(of: 42, toByteOffset: size / 2, as: UInt8.self)
  precondition(block.load(fromByteOffset: size - 1, as: UInt8.self) == 0)
  precondition(block.load(fromByteOffset: size / 2, as: UInt8.self) == 42)
  tafree(block)
#endif
print("well")
