// SPDX-License-Identifier: MIT

// Every short text of the report in both languages, beside each other, so that neither can be forgotten: a
// phrase without its Spanish does not compile. {} stands for what is filled in. Longer texts are Markdown in
// Texts/Prose.

/// A short text of the report.
enum Phrase: CaseIterable, Sendable {
  case reportTitle, subtitle, picturesElsewhere, measuredBy, times, load, quickRun, noiseNote
  case notMeasured, leftOut, leftOutOfQuickRun, failed, waiting
  case exitStatus, signalled, timedOut, notStarted
  case field, value, yes, no, notRun
  case claim, result, resultTextbook, resultOurs, resultFilled, resultFault, resultTotals
  case resultComparison, resultModel, resultHeap, committing, gained
  case day, commits, firstAndLast
  case reserved, committed, pagesTouched, memoryGained, requestedAgainstUsed, requested, engine
  case way, allRight, afterAllocating, touched, timeToAllocate, timeToAllocateAxis, shortage
  case minorFaults, faultsToAllocate, costOfFault, costOfFaultAxis
  case peersHeading, peersNote, doing, timeToGet, residentAtOnce, residentTouched, faultsToGet
  case allZero, allOnes, allBytesRight, absent
  case holders, process, processes, addressSpaces, swapped, eachPageOnce, againstProc, test
  case comparedProcesses, peersOfStatistics, costOfProcess, tool, perProcess, ofFloor, live
  case liveUnit, scrapeFirst, scrapeOthers, notInstalled, wall
  case trace, events, allocator, penalty, utilisation, perOperation, percentile99, peak, score
  case penaltyAxis, utilisationAxis, perOperationAxis, percentile99Axis, frameMaps
  case script, outcome, expectationsHeld, modelCost, modelPage, benchmark, number, median, limit
  case verdict, met, missed
  case heapRatio, heapRatioAxis, workload, ratio, mean, start

  /// The text in a language, with what stands at its holes.
  func text(_ language: Language, _ parts: String...) -> String {
    var text = language == .english ? both.english : both.spanish
    for part in parts {
      guard let hole = text.firstRange(of: "{}") else { break }
      text.replaceSubrange(hole, with: part)
    }
    return text
  }

  /// The heading of a section.
  static func title(of section: SectionName) -> (english: String, spanish: String) {
    switch section {
    case .result: ("The result", "El resultado")
    case .machine: ("The machine", "La máquina")
    case .design: ("The design", "El diseño")
    case .memory: ("Memory requested and memory used", "Memoria solicitada y memoria usada")
    case .kernel: ("Inside the booted kernel", "Dentro del kernel arrancado")
    case .faults: ("Page faults", "Fallos de página")
    case .statistics: ("Statistics against /proc", "Las estadísticas frente a /proc")
    case .allocators: ("The classic allocators and ours", "Los asignadores clásicos y el nuestro")
    case .model: ("The model of physical memory", "El modelo de la memoria física")
    case .heap: ("The heap against its peers", "El heap frente a los demás")
    case .problems: ("Problems met", "Problemas encontrados")
    case .chronology: ("Chronology", "Cronología")
    case .conclusions: ("Conclusions", "Conclusiones")
    case .limits: ("Limits", "Límites")
    }
  }

  private var both: (english: String, spanish: String) {
    switch self {
    case .reportTitle: ("Tamalloc, measured", "Tamalloc, medido")
    case .subtitle: ("Measured on this machine:", "Medido en esta máquina:")
    case .picturesElsewhere: ("In report.html:", "En report.html:")
    case .measuredBy: ("Measured by", "Medido con")
    case .times: ("{} times", "{} veces")
    case .load: ("load", "carga")
    case .quickRun:
      (
        "A short run: small sizes and few samples.",
        "Ejecución corta: tamaños pequeños y pocas muestras."
      )
    case .noiseNote:
      (
        "A figure with others in parentheses is a median, with the minimum and the maximum that were measured; whiskers in the pictures show the same.",
        "Una cifra seguida de otras entre paréntesis es la mediana, con el mínimo y el máximo medidos; los bigotes de las figuras indican lo mismo."
      )
    case .notMeasured: ("Not measured", "Sin medir")
    case .leftOut: ("Left out", "Omitido")
    case .leftOutOfQuickRun:
      ("left out of a short run (--quick)", "omitido en una ejecución corta (--quick)")
    case .failed: ("failed", "falló")
    case .waiting: ("has not run yet", "aún no se ha ejecutado")
    case .exitStatus: ("exit status {}", "código de salida {}")
    case .signalled: ("ended by signal {}", "terminado por la señal {}")
    case .timedOut: ("not done after {} s", "sin terminar tras {} s")
    case .notStarted: ("could not be run: {}", "no se pudo ejecutar: {}")
    case .field: ("what", "dato")
    case .value: ("value", "valor")
    case .yes: ("yes", "sí")
    case .no: ("no", "no")
    case .notRun: ("not run", "no ejecutado")
    default: results
    }
  }

  private var results: (english: String, spanish: String) {
    switch self {
    case .claim: ("question", "pregunta")
    case .result: ("measured here", "medido aquí")
    case .resultTextbook:
      (
        "What does {} of zeros cost by the textbook, before it is used?",
        "¿Cuánto cuesta {} de ceros según el libro, antes de usarse?"
      )
    case .resultOurs: ("And by tamalloc?", "¿Y con tamalloc?")
    case .resultFilled:
      (
        "And {} of the byte 0xA5, which no C library does lazily?",
        "¿Y {} del byte 0xA5, que ninguna biblioteca de C hace de forma diferida?"
      )
    case .resultFault:
      (
        "What does the first write to a page cost?",
        "¿Cuánto cuesta la primera escritura en una página?"
      )
    case .resultTotals:
      (
        "How much of what this machine's processes reserve do they use?",
        "¿Cuánto usan los procesos de esta máquina de lo que reservan?"
      )
    case .resultComparison:
      (
        "Do the new system calls and /proc say the same?",
        "¿Dicen lo mismo /proc y las llamadas al sistema nuevas?"
      )
    case .resultModel: ("Does the model meet its limits?", "¿Cumple el modelo sus límites?")
    case .resultHeap:
      (
        "How long do other allocators take for what our heap does, in the geometric mean?",
        "¿Cuánto tardan otros asignadores en lo que hace nuestro heap, en media geométrica?"
      )
    case .committing: ("commits {} in {}", "compromete {} en {}")
    case .gained: ("{} reserved, {} committed", "{} reservados, {} comprometidos")
    case .day: ("day", "día")
    case .commits: ("commits", "commits")
    case .firstAndLast: ("from – to (UTC)", "de – a (UTC)")
    case .reserved: ("reserved", "reservada")
    case .committed: ("committed", "comprometida")
    case .pagesTouched: ("pages touched", "páginas tocadas")
    case .memoryGained: ("memory gained", "memoria ganada")
    case .requestedAgainstUsed: ("reserved, and committed", "reservada y comprometida")
    case .requested: ("requested", "solicitada")
    case .engine: ("Made lazy by", "Diferida mediante")
    case .way: ("way", "modo")
    case .allRight: ("every byte right", "todos los bytes correctos")
    case .afterAllocating: ("after allocating", "tras asignar")
    case .touched: ("{} touched", "{} tocado")
    case .timeToAllocate: ("Time to allocate", "Tiempo de asignación")
    case .timeToAllocateAxis: ("microseconds, logarithmic", "microsegundos, escala logarítmica")
    case .shortage: ("would commit {}; {} are available", "comprometería {}; hay {} disponibles")
    case .minorFaults: ("minor page faults", "fallos de página menores")
    case .faultsToAllocate: ("while allocating", "durante la asignación")
    case .costOfFault: ("First write to a page", "Primera escritura en una página")
    case .costOfFaultAxis: ("nanoseconds for each page fault", "nanosegundos por fallo de página")
    default: comparisons
    }
  }

  private var comparisons: (english: String, spanish: String) {
    switch self {
    case .peersHeading: ("Other libraries, {} GiB", "Otras bibliotecas, {} GiB")
    case .peersNote:
      (
        "Medians of {} processes each; RSS is what the process gained, 1 % is every hundredth page.",
        "Medianas de {} procesos cada una; RSS es lo que ganó el proceso, el 1 % es una página de cada cien."
      )
    case .doing: ("what it does", "qué hace")
    case .timeToGet: ("time to get it", "tiempo hasta tenerla")
    case .residentAtOnce: ("RSS at once", "RSS al instante")
    case .residentTouched: ("RSS after 1 % touched", "RSS tras tocar el 1 %")
    case .faultsToGet: ("minor faults to get it", "fallos menores hasta tenerla")
    case .allZero: ("all zero", "todo a cero")
    case .allOnes: ("all 0x01", "todo a 0x01")
    case .allBytesRight:
      (
        "Every byte was read at the end and was right.",
        "Al final se leyeron todos los bytes, y eran correctos."
      )
    case .absent: ("Not installed here: {}.", "No instalados aquí: {}.")
    case .holders: ("The largest processes", "Los procesos más grandes")
    case .process: ("process", "proceso")
    case .processes: ("processes", "procesos")
    case .addressSpaces: ("address spaces", "espacios de direcciones")
    case .swapped: ("swapped", "en swap")
    case .eachPageOnce: ("each page counted once", "contando cada página una vez")
    case .againstProc:
      (
        "System calls 555 and 556 against /proc, inside the kernel",
        "Las llamadas al sistema 555 y 556 frente a /proc, dentro del kernel"
      )
    case .test: ("test", "prueba")
    case .comparedProcesses:
      (
        "{} of {} tests passed; processes compared at each look: {}.",
        "{} de {} pruebas correctas; procesos comparados en cada lectura: {}."
      )
    case .peersOfStatistics: ("Cost beside other tools", "Coste frente a otras herramientas")
    case .costOfProcess:
      ("microseconds of processor for each process", "microsegundos de procesador por proceso")
    case .tool: ("all of {} processes, once", "todos los {} procesos, una vez")
    case .perProcess: ("µs a process", "µs por proceso")
    case .ofFloor: ("of the floor", "del mínimo")
    case .live: ("live, once a second", "en vivo, una vez por segundo")
    case .liveUnit: ("ms of processor a second", "ms de procesador por segundo")
    case .scrapeFirst:
      ("one scrape by Prometheus, the first", "una lectura de Prometheus, la primera")
    case .scrapeOthers: ("one scrape, median of the others", "una lectura, mediana de las demás")
    case .notInstalled: ("not installed", "no instalado")
    case .wall: ("by the clock", "por reloj")
    case .trace: ("trace", "traza")
    case .events: ("events", "eventos")
    case .allocator: ("allocator", "asignador")
    case .penalty: ("penalty", "penalización")
    case .utilisation: ("utilisation", "aprovechamiento")
    case .perOperation: ("ns per operation", "ns por operación")
    case .percentile99: ("p99 of allocate, ns", "p99 de asignar, ns")
    case .peak: ("peak pages", "máximo de páginas")
    case .score: ("score", "puntuación")
    default: allocators
    }
  }

  private var allocators: (english: String, spanish: String) {
    switch self {
    case .penaltyAxis:
      (
        "bytes wasted for each byte requested; logarithmic",
        "bytes desperdiciados por byte solicitado; escala logarítmica"
      )
    case .utilisationAxis:
      ("bytes requested in bytes of pages", "bytes solicitados entre bytes de páginas")
    case .perOperationAxis, .percentile99Axis:
      ("nanoseconds, logarithmic", "nanosegundos, escala logarítmica")
    case .frameMaps:
      (
        "Maps of the page frames, event by event (a page within this page)",
        "Mapas de los marcos de página, evento por evento (una página dentro de esta)"
      )
    case .script: ("script", "script")
    case .outcome: ("outcome", "resultado")
    case .expectationsHeld:
      (
        "{} expectations held, {} statements run",
        "{} condiciones cumplidas, {} sentencias ejecutadas"
      )
    case .modelCost: ("What the model costs", "Coste del modelo")
    case .modelPage:
      (
        "Fragmentation in the model, statement by statement (a page within this page)",
        "La fragmentación en el modelo, sentencia por sentencia (una página dentro de esta)"
      )
    case .benchmark: ("benchmark", "prueba")
    case .number: ("figure", "medida")
    case .median: ("median", "mediana")
    case .limit: ("limit", "límite")
    case .verdict: ("verdict", "veredicto")
    case .met: ("met, {} % below", "cumplido, {} % por debajo")
    case .missed: ("MISSED by {} %", "INCUMPLIDO por {} %")
    case .heapRatio:
      ("Time, relative to the quickest of the others", "Tiempo relativo al más rápido de los demás")
    case .heapRatioAxis:
      (
        "ratio; left of the line ours is quicker",
        "cociente; a la izquierda de la línea, el nuestro es más rápido"
      )
    case .workload: ("workload", "carga de trabajo")
    case .ratio: ("ratio", "cociente")
    case .mean: ("geometric mean, times ours", "media geométrica, veces el nuestro")
    case .start: ("to start a small program", "arrancar un programa pequeño")
    default: ("", "")
    }
  }
}
