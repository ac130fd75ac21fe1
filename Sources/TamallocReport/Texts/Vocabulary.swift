// SPDX-License-Identifier: MIT

// Commands print keys and names, whatever the report's language is. A key is a word of one of these tables;
// what is not in its table is a name, and stays as it is. `VocabularyTests` holds the tables against the
// programs that print the keys.

/// Keys of a kind of record, and what they mean in both languages.
struct Vocabulary: Sendable {
  /// In the order in which a report has them.
  let words: [(key: String, english: String, spanish: String)]

  func text(_ key: String, _ language: Language) -> String {
    guard let word = words.first(where: { $0.key == key }) else { return key }
    return language == .english ? word.english : word.spanish
  }
}

extension Vocabulary {
  /// scripts/describe-machine
  static let machine = Vocabulary(words: [
    ("date", "date", "fecha"), ("tamalloc", "tamalloc", "tamalloc"),
    ("commit", "commit", "commit"), ("kernel", "kernel", "kernel"),
    ("architecture", "architecture", "arquitectura"), ("processor", "processor", "procesador"),
    ("processors", "processors", "procesadores"),
    ("hypervisor", "under a hypervisor", "bajo un hipervisor"), ("memory", "memory", "memoria"),
    ("swap", "swap", "swap"), ("page", "page size", "tamaño de página"),
    ("huge-pages", "transparent huge pages", "páginas enormes transparentes"),
    ("overcommit", "vm.overcommit_memory", "vm.overcommit_memory"),
    ("load", "load average", "carga media"), ("system", "system", "sistema"),
    ("libc", "C library", "biblioteca de C"), ("gcc", "gcc", "gcc"), ("swift", "swift", "swift"),
    ("qemu", "qemu", "qemu"),
  ])

  /// Tests/MemoryStatisticsTests/Programs/compare-sources.py
  static let comparison = Vocabulary(words: [
    ("fields", "every field of every process", "todos los campos de todos los procesos"),
    ("totals", "the totals", "los totales"),
    ("swapped", "memory that was swapped out", "memoria llevada a swap"),
    (
      "vfork", "memory shared by vfork counts once",
      "la memoria compartida por vfork se cuenta una sola vez"
    ),
    (
      "nobody-fields", "as nobody, with hidepid=2: every field",
      "como nobody, con hidepid=2: todos los campos"
    ),
    (
      "nobody-totals", "as nobody, with hidepid=2: the totals",
      "como nobody, con hidepid=2: los totales"
    ),
    (
      "nobody-visible", "as nobody, with hidepid=2: who is visible",
      "como nobody, con hidepid=2: qué procesos se ven"
    ),
    ("table", "the table of stat", "la tabla de stat"),
    ("one", "stat of one process", "stat de un solo proceso"),
    ("top", "a frame of top", "un cuadro de top"),
  ])

  /// Benchmarks/Peers/table.py
  static let peers = Vocabulary(words: [
    ("mapping", "anonymous private mapping", "mapeo anónimo privado"),
    ("not-cleared", "mmap, not cleared again", "mmap, sin volver a poner a cero"),
    ("as-mapped", "as it is mapped", "tal como se mapea"),
    ("clears", "clears what is mapped", "pone a cero lo mapeado"),
    ("huge-pages", "calloc, and asks for huge pages", "calloc, y pide páginas enormes"),
    ("calloc", "calloc", "calloc"), ("zero", "LazyMemory(size:)", "LazyMemory(size:)"),
    ("fill", "LazyMemory(size:fill:)", "LazyMemory(size:fill:)"),
    ("commits-all", "commits everything", "lo compromete todo"),
  ])

  /// Benchmarks/statistics/measure.py
  static let statistics = Vocabulary(words: [
    ("floor", "floor: two files in C", "mínimo: dos archivos en C"),
    ("no-process", "tamalloc stat, of no process", "tamalloc stat, de ningún proceso"),
  ])

  /// Benchmarks/heap/compare.py
  static let heap = Vocabulary(words: [
    ("fresh", "fresh", "nuevos"), ("pairs", "pairs", "pares"), ("churn", "churn", "rotación"),
    ("cross", "cross", "entre hilos"), ("grow", "grow", "crecientes"),
    ("pairs2", "pairs, two threads", "pares, dos hilos"),
    ("churn2", "churn, two threads", "rotación, dos hilos"), ("whole", "whole", "enteros"),
    ("sparse", "sparse", "dispersos"), ("none", "untouched", "sin tocar"),
  ])

  /// Benchmarks of the model: names and numbers.
  static let model = Vocabulary(words: [
    ("boot 1 TiB", "boot 1 TiB", "arranque de 1 TiB"),
    (
      "frame through the per-CPU cache", "frame through the per-CPU cache",
      "marco por la caché por CPU"
    ),
    (
      "orders 0 to 10 through the buddy system", "orders 0 to 10 through the buddy system",
      "órdenes 0 a 10 por el sistema buddy"
    ),
    ("slab object", "slab object", "objeto de slab"),
    ("kmalloc and kfree", "kmalloc and kfree", "kmalloc y kfree"),
    ("processor microseconds", "µs of processor", "µs de procesador"),
    ("resident KiB", "KiB resident", "KiB residentes"),
    ("nanoseconds a pair", "ns a pair", "ns por par"),
  ])
}
