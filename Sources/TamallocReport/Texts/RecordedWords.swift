// SPDX-License-Identifier: MIT

// Commands print English, whatever the report's language is. What of it is words, and not a name, is
// looked up here: a text with holes, and the same in Spanish. A hole stands for a number or a name, which
// stays as it is. What is not found stays English, and that is no error: a command may print anything.

/// What commands print, in the report's language.
enum RecordedWords {
  /// A text, or the part of it behind `**`, in the language.
  static func text(_ english: some StringProtocol, _ language: Language) -> String {
    guard language == .spanish else { return String(english) }
    if english.count > 4, english.hasPrefix("**"), english.hasSuffix("**") {
      return "**\(text(english.dropFirst(2).dropLast(2), language))**"
    }
    for (pattern, translation) in spanish {
      if let holes = holes(of: pattern[...], in: english[...]) {
        return filled(translation, holes)
      }
    }
    return String(english)
  }

  /// Lines of columns: a text in each, with spaces between that keep columns where they are.
  static func output(_ english: String, _ language: Language) -> String {
    guard language == .spanish else { return english }
    return english.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let name = line.prefix(nameWidth)
      guard line.count > nameWidth, name.last == " " else {
        let indent = line.prefix { $0 == " " }
        return indent + text(line.dropFirst(indent.count), language)
      }
      let rest = line.dropFirst(nameWidth)
      let indent = rest.prefix { $0 == " " }
      let words = text(trimmed(name), language)
      return words + String(repeating: " ", count: max(nameWidth - words.count, 1)) + indent
        + text(rest.dropFirst(indent.count), language)
    }.joined(separator: "\n")
  }

  /// Markdown: each cell of a table and each other line is a text.
  static func prose(_ english: String, _ language: Language) -> String {
    guard language == .spanish else { return english }
    return english.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard line.hasPrefix("|") else { return text(line, language) }
      return line.split(separator: "|", omittingEmptySubsequences: false).map { cell in
        let words = trimmed(cell)
        let translated = text(words, language)
        return translated == words ? String(cell) : " \(translated) "
      }.joined(separator: "|")
    }.joined(separator: "\n")
  }

  /// The column in which the figures of the benchmarks' tables begin.
  private static let nameWidth = 34

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  /// What stands in a text where a pattern has holes, or nil where it is not like the pattern.
  private static func holes(
    of pattern: Substring, in text: some StringProtocol
  ) -> [String]? {
    var parts: [Substring] = []
    var rest = pattern
    while let hole = rest.firstRange(of: "{}") {
      parts.append(rest[..<hole.lowerBound])
      rest = rest[hole.upperBound...]
    }
    guard let first = parts.first else { return pattern == text ? [] : nil }
    guard text.hasPrefix(first) else { return nil }
    var found: [String] = []
    var tail = Substring(text.dropFirst(first.count))
    for part in parts.dropFirst() {
      guard let place = tail.firstRange(of: String(part)) else { return nil }
      found.append(String(tail[..<place.lowerBound]))
      tail = tail[place.upperBound...]
    }
    guard tail.hasSuffix(rest) else { return nil }
    return found + [String(tail.dropLast(rest.count))]
  }

  private static func filled(_ translation: String, _ holes: [String]) -> String {
    var result = ""
    var rest = translation[...]
    for hole in holes {
      guard let place = rest.firstRange(of: "{}") else { break }
      result += rest[..<place.lowerBound] + hole
      rest = rest[place.upperBound...]
    }
    return result + rest
  }

  /// English and Spanish, the more special before the more general.
  static let spanish: [(english: String, spanish: String)] = [
    // scripts/describe-machine
    ("date", "fecha"), ("kernel", "núcleo"), ("architecture", "arquitectura"),
    ("processor", "procesador"), ("processors", "procesadores"), ("hypervisor", "hipervisor"),
    ("yes", "sí"), ("memory", "memoria"), ("swap", "intercambio"), ("page", "página"),
    ("huge-pages", "páginas enormes"), ("overcommit", "sobrecompromiso"), ("load", "carga"),
    ("system", "sistema"),
    // tamalloc lab machine
    ("1 expectation held, {} statements run", "se cumplió 1 condición; {} sentencias ejecutadas"),
    (
      "{} expectations held, {} statements run",
      "se cumplieron {} condiciones; {} sentencias ejecutadas"
    ),
    // tamalloc demo
    (
      "would commit {} and take long; --touch {} asks for it",
      "comprometería {} y tardaría mucho; --touch {} lo pide"
    ),
    ("would commit {}; {} are available", "comprometería {}; hay {} disponibles"),
    // Benchmarks/heap/run
    (
      "To start: µs for /bin/true │ KiB resident of a small program",
      "Al arrancar: µs de /bin/true │ KiB residentes de un programa pequeño"
    ),
    (
      "{}: takes {} times as long, in the geometric mean",
      "{}: tarda {} veces lo que el nuestro, en media geométrica"
    ),
    // Benchmarks/peers
    (
      "{} GiB, Linux {}, transparent huge pages {}, medians of {} processes each; RSS is what the process gained, 1 % is every hundredth page",
      "{} GiB, Linux {}, páginas enormes transparentes {}, medianas de {} procesos cada una; RSS es lo que ha ganado el proceso, el 1 % es una página de cada cien"
    ),
    ("what it does", "qué hace"), ("time to get {} GiB", "tiempo hasta tener {} GiB"),
    ("RSS at once", "RSS al momento"), ("RSS after 1 % touched", "RSS tras tocar el 1 %"),
    ("minor faults to get it", "fallos menores hasta tenerla"), ("all zero", "todo a cero"),
    ("all 0x01", "todo a 0x01"), ("anonymous private mapping", "proyección anónima privada"),
    ("mmap, not cleared again", "mmap, sin volver a poner a cero"),
    ("as it is mapped", "tal como se proyecta"),
    ("clears what is mapped", "pone a cero lo proyectado"),
    ("calloc, and asks for huge pages", "calloc, y pide páginas enormes"),
    ("commits everything", "compromete todo"),
    (
      "Every byte was read at the end and was right.",
      "Al final se leyeron todos los bytes, y eran correctos."
    ),
    ("Left out, because not installed:{}.", "Omitidos por no estar instalados:{}."),
    // Benchmarks/run
    (
      "Linux {}, {} processors, load {} when done, transparent huge pages {}",
      "Linux {}, {} procesadores, carga {} al terminar, páginas enormes transparentes {}"
    ),
    ("benchmark", "prueba"), ("number", "medida"), ("median", "mediana"), ("limit", "límite"),
    ("verdict", "veredicto"), ("met, {} below", "cumplido, {} por debajo"),
    ("MISSED by {}", "INCUMPLIDO por {}"),
    ("All {} limits are met.", "Se cumplen los {} límites."),
    ("{} of {} limits are missed:", "Se incumplen {} de {} límites:"),
    ("nanoseconds a pair", "nanosegundos por pareja"),
    ("nanoseconds a page", "nanosegundos por página"),
    ("processor microseconds", "microsegundos de procesador"), ("resident KiB", "KiB residentes"),
    // Benchmarks/statistics/run
    (
      "Linux {}, {} processors, load {} before, {} processes",
      "Linux {}, {} procesadores, carga {} antes, {} procesos"
    ),
    ("all processes once", "todos los procesos, una vez"),
    ("tamalloc --version (start-up)", "tamalloc --version (arranque)"),
    ("floor: two files in C", "mínimo: dos ficheros en C"), ("not installed", "no instalado"),
    ("live, once a second", "en vivo, una vez por segundo"),
    ("ms of processor a second", "ms de procesador por s"),
    ("one scrape, the first", "una consulta, la primera"),
    ("one scrape, median of the others", "una consulta, mediana de otras"),
    ("load {} when done", "carga {} al terminar"),
    // How a command ended
    ("ended by signal {}", "terminado por la señal {}"),
    ("not done after {} s", "sin terminar tras {} s"), ("exit status {}", "estado de salida {}"),
    ("{} can't be run: {}", "{} no se puede ejecutar: {}"),
  ]
}
