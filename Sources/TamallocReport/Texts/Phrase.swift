// SPDX-License-Identifier: MIT

// Every short text of the report in both languages, beside each other, so that neither can be forgotten: a
// phrase without its Spanish does not compile. What is longer is Markdown in Texts/Prose.

/// A short text of the report.
enum Phrase: CaseIterable, Sendable {
  case reportTitle, subtitle, picturesElsewhere, measuredBy, times, load, leftOutOfQuickRun,
    notMeasured
  case leftOut, failed, waiting, quickRun
  case titleMachine, titleDesign, titleMemory, titleKernel, titleFaults, titleStatistics
  case titleAllocators, titleModel, titleHeap, titleProblems, titleLimits
  case field, value
  case requestedAgainstUsed, reserved, committed, requested, share, pagesTouched, memoryGained
  case way, allRight, afterAllocating, touched, yes, no, notRun
  case timeToAllocate, timeToAllocateAxis, engine
  case minorFaults, faultsToAllocate, costOfFault, costOfFaultAxis, touchingAll
  case peersHeading, byTable
  case holders, processes, addressSpaces, swapped, eachPageOnce, process, residentSet
  case againstProc, compared, peersOfStatistics, costOfProcess
  case trace, events, allocator, penalty, utilisation, perOperation, percentile99, peak, score
  case penaltyAxis, utilisationAxis, perOperationAxis, percentile99Axis, frameMaps
  case script, outcome, modelCost, modelPage
  case heapRatio, heapRatioAxis, workload, ours, bestOther, ratio, nanoseconds
  case noiseNote

  /// The text in a language.
  func text(_ language: Language) -> String {
    let (english, spanish) = both
    return language == .english ? english : spanish
  }

  /// The heading of a section.
  static func title(of section: SectionName) -> Phrase {
    switch section {
    case .machine: .titleMachine
    case .design: .titleDesign
    case .memory: .titleMemory
    case .kernel: .titleKernel
    case .faults: .titleFaults
    case .statistics: .titleStatistics
    case .allocators: .titleAllocators
    case .model: .titleModel
    case .heap: .titleHeap
    case .problems: .titleProblems
    case .limits: .titleLimits
    }
  }

  var both: (english: String, spanish: String) {
    switch self {
    case .reportTitle: ("Tamalloc, measured", "Tamalloc, medido")
    case .subtitle: ("What this machine says of it:", "Lo que dice de ello esta máquina:")
    case .picturesElsewhere: ("In report.html:", "En report.html:")
    case .measuredBy: ("Measured by", "Medido con")
    case .times: ("times", "veces")
    case .load: ("load", "carga")
    case .leftOutOfQuickRun:
      ("left out of a short run (--quick)", "omitido en una ejecución corta (--quick)")
    case .notMeasured: ("Not measured", "Sin medir")
    case .leftOut: ("Left out", "Omitido")
    case .failed: ("failed", "ha fallado")
    case .waiting: ("has not run yet", "aún no se ha ejecutado")
    case .quickRun:
      (
        "A short run: small sizes and few samples.",
        "Ejecución corta: tamaños pequeños y pocas muestras."
      )
    case .titleMachine: ("The machine", "La máquina")
    case .titleDesign: ("The design", "El diseño")
    case .titleMemory:
      ("Requested and really used", "Memoria solicitada y realmente usada")
    case .titleKernel: ("In the booted kernel", "En el núcleo arrancado")
    case .titleFaults: ("Page faults", "Fallos de página")
    case .titleStatistics: ("Statistics against /proc", "Las estadísticas frente a /proc")
    case .titleAllocators:
      ("The classic allocators, and ours", "Los asignadores clásicos y el nuestro")
    case .titleModel: ("The model of physical memory", "El modelo de la memoria física")
    case .titleHeap: ("The heap against its peers", "El montículo frente a otros")
    case .titleProblems: ("Problems met", "Problemas encontrados")
    case .titleLimits: ("Limits", "Límites")
    case .field: ("what", "dato")
    case .value: ("value", "valor")
    default: figures
    }
  }

  private var figures: (english: String, spanish: String) {
    switch self {
    case .requestedAgainstUsed: ("reserved, and committed", "reservada y comprometida")
    case .reserved: ("reserved", "reservada")
    case .committed: ("committed", "comprometida")
    case .requested: ("requested", "solicitada")
    case .share: ("share", "parte")
    case .pagesTouched: ("pages touched", "páginas tocadas")
    case .memoryGained: ("memory gained", "memoria añadida")
    case .way: ("way", "modo")
    case .allRight: ("every byte right", "todos los bytes correctos")
    case .afterAllocating: ("VmRSS after allocating", "VmRSS tras reservar")
    case .touched: ("touched", "tocado")
    case .yes: ("yes", "sí")
    case .no: ("no", "no")
    case .notRun: ("not run", "no ejecutado")
    case .timeToAllocate: ("Time to allocate", "Tiempo de reserva")
    case .timeToAllocateAxis:
      ("microseconds, logarithmic", "microsegundos, escala logarítmica")
    case .engine: ("Made lazy by", "Diferida mediante")
    case .minorFaults: ("minor page faults", "fallos de página menores")
    case .faultsToAllocate: ("while allocating", "durante la reserva")
    case .costOfFault:
      ("What a first write to a page costs", "Coste de la primera escritura en una página")
    case .costOfFaultAxis:
      ("nanoseconds for each page fault", "nanosegundos por fallo de página")
    case .touchingAll: ("in all", "en total")
    case .peersHeading: ("Beside other libraries", "Junto a otras bibliotecas")
    case .byTable: ("The figures behind the pictures", "Las cifras de las figuras")
    case .holders: ("Who holds most", "Quién ocupa más")
    case .processes: ("processes", "procesos")
    case .addressSpaces: ("address spaces", "espacios de direcciones")
    case .swapped: ("swapped", "en intercambio")
    case .eachPageOnce: ("each page counted once", "cada página contada una vez")
    case .process: ("process", "proceso")
    case .residentSet: ("resident set", "conjunto residente")
    case .againstProc:
      (
        "System calls 555 and 556 against /proc, inside the kernel",
        "Llamadas al sistema 555 y 556 frente a /proc, dentro del núcleo"
      )
    case .compared: ("comparison", "comparación")
    case .peersOfStatistics: ("Cost beside other tools", "Coste junto a otras herramientas")
    case .costOfProcess:
      ("microseconds of processor for each process", "microsegundos de procesador por proceso")
    default: comparisons
    }
  }

  private var comparisons: (english: String, spanish: String) {
    switch self {
    case .trace: ("trace", "traza")
    case .events: ("events", "eventos")
    case .allocator: ("allocator", "asignador")
    case .penalty: ("penalty", "penalización")
    case .utilisation: ("utilisation", "aprovechamiento")
    case .perOperation: ("ns an operation", "ns por operación")
    case .percentile99: ("p99 of allocate, ns", "p99 de asignar, ns")
    case .peak: ("pages at most", "máximo de páginas")
    case .score: ("score", "puntuación")
    case .penaltyAxis:
      (
        "bytes wasted for each byte requested; logarithmic",
        "bytes perdidos por byte solicitado; escala logarítmica"
      )
    case .utilisationAxis:
      ("bytes requested in bytes of pages", "bytes solicitados en bytes de páginas")
    case .perOperationAxis: ("nanoseconds, logarithmic", "nanosegundos, escala logarítmica")
    case .percentile99Axis: ("nanoseconds, logarithmic", "nanosegundos, escala logarítmica")
    case .frameMaps:
      (
        "Maps of the page frames, event by event (a page within this page)",
        "Mapas de los marcos de página, evento a evento (una página dentro de esta)"
      )
    case .script: ("script", "guion")
    case .outcome: ("outcome", "resultado")
    case .modelCost: ("What the model costs", "Coste del modelo")
    case .modelPage:
      (
        "Fragmentation in the model, statement by statement (a page within this page)",
        "La fragmentación en el modelo, paso a paso (una página dentro de esta)"
      )
    case .heapRatio:
      (
        "Time, as a multiple of the quickest other one's",
        "Tiempo respecto al más rápido de los demás"
      )
    case .heapRatioAxis:
      (
        "ratio; left of the line ours is quicker",
        "cociente; a la izquierda de la línea, el nuestro es más rápido"
      )
    case .workload: ("workload", "carga")
    case .ours: ("tamalloc", "tamalloc")
    case .bestOther: ("quickest other", "el más rápido de los demás")
    case .ratio: ("ratio", "cociente")
    case .nanoseconds: ("ns", "ns")
    case .noiseNote:
      (
        "A number with others in parentheses is the median, with the least and the most that were measured; a whisker in a picture is the same.",
        "Una cifra con otras entre paréntesis es la mediana, con el mínimo y el máximo medidos; los bigotes de las figuras dicen lo mismo."
      )
    default: ("", "")
    }
  }
}
