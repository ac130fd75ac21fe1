// SPDX-License-Identifier: MIT

// The table of what commands print, a part for each command. `RecordedWordsTests` holds it against their
// sources, so that who changes what a command prints is told.

extension RecordedWords {
  /// English and Spanish, the more special before the more general.
  static let spanish: [(english: String, spanish: String)] = words + workloads

  private static let words: [(english: String, spanish: String)] = [
    // scripts/describe-machine
    ("date", "fecha"), ("kernel", "núcleo"), ("architecture", "arquitectura"),
    ("processor", "procesador"), ("processors", "procesadores"), ("hypervisor", "hipervisor"),
    ("yes", "sí"), ("memory", "memoria"), ("swap", "intercambio"), ("page", "página"),
    ("huge-pages", "páginas enormes"), ("overcommit", "sobrecompromiso"), ("load", "carga"),
    ("system", "sistema"),
    // tamalloc lab machine
    ("1 expectation held, 1 statement run", "se cumplió 1 condición; 1 sentencia ejecutada"),
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
    // Tests/MemoryStatisticsTests/Programs/compare-sources
    ("ok {} {}", "ok {} {}"), ("not ok {} {}", "not ok {} {}"),
    ("# {} processes compared", "# {} procesos comparados"),
    ("{} passed, {} failed", "{} correctas, {} con fallos"),
    ("every field of every process", "cada dato de cada proceso"), ("the totals", "los totales"),
    ("memory that was swapped out", "memoria llevada al intercambio"),
    ("memory shared by vfork counts once", "la memoria compartida por vfork cuenta una vez"),
    ("as nobody, with hidepid=2: every field", "como nobody, con hidepid=2: cada dato"),
    ("as nobody, with hidepid=2: the totals", "como nobody, con hidepid=2: los totales"),
    ("as nobody, with hidepid=2: who is visible", "como nobody, con hidepid=2: quién es visible"),
    ("stat's table by the system calls", "la tabla de stat por las llamadas al sistema"),
    ("stat of one process by the system calls", "stat de un proceso por las llamadas al sistema"),
    ("a frame of top by the system calls", "una imagen de top por las llamadas al sistema"),
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
    (
      "- {}: {} is {}, {} above the limit of {}: {}",
      "- {}: {} es {}, un {} sobre el límite de {}: {}"
    ),
    ("- {}: {} was not measured", "- {}: {} no se ha medido"),
    ("boot {} TiB", "arranque de {} TiB"),
    ("frame through the per-CPU cache", "marco por la caché por CPU"),
    ("orders {} to {} through the buddy system", "órdenes {} a {} por el sistema buddy"),
    ("slab object", "objeto de slab"), ("kmalloc and kfree", "kmalloc y kfree"),
    ("pages of a million processes", "páginas de un millón de procesos"),
    (
      "a machine of any size is there at once",
      "una máquina de cualquier tamaño está lista al momento"
    ),
    ("a machine costs nothing until it is used", "una máquina no cuesta nada hasta que se usa"),
    ("a frame costs as little as in Linux", "un marco cuesta tan poco como en Linux"),
    ("blocks cost as little as in Linux", "los bloques cuestan tan poco como en Linux"),
    ("an object costs as little as in Linux", "un objeto cuesta tan poco como en Linux"),
    ("kmalloc costs as little as in Linux", "kmalloc cuesta tan poco como en Linux"),
    ("nanoseconds a pair", "nanosegundos por pareja"),
    ("nanoseconds a page", "nanosegundos por página"),
    ("processor microseconds", "microsegundos de procesador"), ("resident KiB", "KiB residentes"),
    // Benchmarks/statistics/run
    (
      "Linux {}, {} processors, load {} before, {} processes",
      "Linux {}, {} procesadores, carga {} antes, {} procesos"
    ),
    ("all processes once", "todos los procesos, una vez"),
    ("of floor", "del mín."),
    ("tamalloc stat, of no process", "tamalloc stat, de ningún proceso"),
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
  /// The rows of Benchmarks/heap/run: what is done, with blocks of which size, of which so much is written.
  private static let workloads: [(english: String, spanish: String)] = [
    ("fresh", "nuevos"), ("pairs", "parejas"), ("pairs2", "parejas en dos hilos"),
    ("churn", "mezcla"), ("churn2", "mezcla en dos hilos"), ("cross", "entre hilos"),
    ("grow", "crecientes"),
  ].flatMap { work in
    [("whole", "enteros"), ("sparse", "dispersos"), ("none", "sin escribir")].map { written in
      ("\(work.0) {} \(written.0)", "\(work.1) {} \(written.1)")
    }
  }
}
