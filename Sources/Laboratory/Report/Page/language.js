// The page's texts in the language that <html lang> names: English, or Spanish by this table, in which {}
// stands for a number or a name. Names of allocators, zones and marks are the same in both.
const spanish = {
  "Kernel memory allocators, raced": "Asignadores de memoria del kernel, a la carrera",
  "This page draws its pictures with the script that is in it; scripts are off.": "Esta página dibuja sus figuras con el script que contiene, y los scripts están desactivados.",
  "Scoreboard": "Clasificación", "Figure": "Cifra", "One trace": "Una traza", "Trace": "Traza",
  "Allocators shown": "Asignadores visibles", "Page frames": "Marcos de página",
  "Each square is a page frame, in the order of addresses. Press play, or drag.": "Cada cuadro es un marco de página, por orden de direcciones. Presione reproducir o arrastre.",
  "Each square is {} page frames, shown as most of them are, in the order of addresses. Press play, or drag.": "Cada cuadro son {} marcos de página, con el color de la mayoría, por orden de direcciones. Presione reproducir o arrastre.",
  "free": "libre", "in use without blocks: control data": "en uso sin bloques: datos de control",
  "a little live": "poco ocupado", "full": "lleno", "Requested against allocated": "Solicitada y asignada",
  "The grey area is what the trace requested and has not freed; a line is the bytes of an allocator’s pages in use. What wastes by far the most may leave the picture. Drag to move the map’s moment.": "El área gris es lo que la traza ha solicitado y no ha liberado; una línea son los bytes de las páginas en uso de un asignador. El que más desperdicia, con diferencia, puede salirse de la figura. Arrastre para mover el momento del mapa.",
  "Waste": "Desperdicio",
  "Bytes of pages in use less bytes requested. Its mean, relative to what is requested, is the penalty.": "Bytes de las páginas en uso menos bytes solicitados. Su media, relativa a lo solicitado, es la penalización.",
  "Both columns at once": "Las dos columnas a la vez",
  "Penalty against time: further left and lower is better.": "Penalización frente a tiempo: cuanto más a la izquierda y más abajo, mejor.",
  "Latencies": "Latencias", "allocating": "al asignar", "freeing": "al liberar",
  "penalty": "penalización", "ns per operation": "ns por operación", "score": "puntuación",
  "process time": "tiempo de proceso", "utilisation": "aprovechamiento", "peak pages": "máximo de páginas",
  "The mean of (bytes of pages in use − bytes requested) / bytes requested. Less is better.": "La media de (bytes de las páginas en uso − bytes solicitados) / bytes solicitados. Menos es mejor.",
  "Processor time of a run without a clock in it, over its operations. Less is better.": "Tiempo de procesador de una ejecución sin reloj, entre sus operaciones. Menos es mejor.",
  "Process time in seconds × (1 + penalty). Less is better.": "Tiempo de proceso en segundos × (1 + penalización). Menos es mejor.",
  "To start, read the trace, set up the pages and replay once. Less is better.": "Arrancar, leer la traza, preparar las páginas y reproducirla una vez. Menos es mejor.",
  "Bytes requested over bytes of pages in use, over all events. More is better.": "Bytes solicitados entre bytes de las páginas en uso, en todos los eventos. Más es mejor.",
  "The most pages in use at one time. Less is better.": "El máximo de páginas en uso a la vez. Menos es mejor.",
  "failed": "falló", "events": "eventos", "bytes": "bytes", "time of an operation": "tiempo por operación",
  "percentile": "percentil", "latency": "latencia", "the clock alone": "solo el reloj",
  "{} events, {} requested at most at one time": "{} eventos, {} solicitados como máximo a la vez",
  "; {} requests of other sizes were left out": "; se omitieron {} solicitudes de otros tamaños",
  "; {} requests that no page holds got nothing": "; {} solicitudes que no caben en una página no obtuvieron nada",
  "Of each operation by the clock on the wall, in a run of its own; reading the clock costs {} ns a pair, which is in the figures, as is what else the machine did.": "De cada operación, por el reloj de pared, en una ejecución aparte; leer el reloj cuesta {} ns por pareja, incluidos en las cifras, igual que lo demás que hizo la máquina.",
  "event {} of {}": "evento {} de {}", "❚❚ Pause": "❚❚ Pausa", "▶ Play": "▶ Reproducir",
  "{} trace, up to {} pages of {}, ": "{} traza, hasta {} páginas de {}, ",
  "{} traces, up to {} pages of {}, ": "{} trazas, hasta {} páginas de {}, ",
  "every block checked.": "con cada bloque comprobado.", "blocks not checked.": "sin comprobar los bloques.",
  "{} pages": "{} páginas", "failed at {}": "falló en {}", "nothing is in use": "nada en uso",
  "{} % full · {} wasted": "{} % ocupado · {} desperdiciados",
  " · {} pages more than fit here": " · {} páginas más de las que caben aquí",
  "A machine’s page frames": "Los marcos de página de una máquina", "Moment": "Momento", "Frame map": "Mapa de marcos",
  "Zones": "Zonas", "Free memory by order": "Memoria libre por orden",
  "Bytes in free blocks, small orders below, in the map’s colours. Drag to move the moment.": "Bytes en bloques libres, los órdenes pequeños abajo, con los colores del mapa. Arrastre para mover el momento.",
  "Fragmentation": "Fragmentación",
  "The unusable free space index: the share of free memory that can’t serve a block of an order. Orders have the map’s colours.": "El índice de espacio libre inutilizable: la parte de la memoria libre que no sirve para un bloque de un orden. Los órdenes tienen los colores del mapa.",
  "{}, {} MiB of RAM, {} node, ": "{}, {} MiB de RAM, {} nodo, ",
  "{}, {} MiB of RAM, {} nodes, ": "{}, {} MiB de RAM, {} nodos, ",
  "{} processor": "{} procesador", "{} processors": "{} procesadores",
  "allocated": "asignado", "page cache": "caché de páginas", "anonymous": "anónimo", "slab": "slab", "vmalloc": "vmalloc",
  "kernel stack": "pila del kernel", "page table": "tabla de páginas", "allocator": "asignador", "kmalloc": "kmalloc",
  "page cache, dirty": "caché de páginas, modificada", "no RAM": "sin RAM", "free, never handed out": "libre, nunca entregado",
  "free, order": "libre, orden", "free, in a per-CPU cache": "libre, en una caché por CPU",
  "moments": "momentos", "unusable": "inutilizable", "tick {} · line {}": "tic {} · línea {}", "tick {} · boot": "tic {} · arranque",
  "boot": "arranque", "   (kswapd is awake)": "   (kswapd está despierto)", "node {}, {}": "nodo {}, {}",
  "managed": "gestionados", "min": "min", "low": "low", "high": "high",
};
const isSpanish = document.documentElement.lang.startsWith("es");

/** A text in the page's language, with what stands at its holes. */
function say(text, ...parts) {
  return (isSpanish && spanish[text] || text).replaceAll("{}", () => parts.shift());
}

/** A whole number in groups. In Spanish a comma would be a decimal one: narrow spaces, from five digits on. */
function group(number) {
  const text = Math.round(number).toLocaleString("en");
  return isSpanish ? text.replaceAll(",", Math.abs(number) > 9999 ? "\u202f" : "") : text;
}

// What the page says without its script.
if (isSpanish) {
  document.title = say(document.title);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const words = text.data.trim();
    if (spanish[words]) text.data = text.data.replace(words, spanish[words]);
  }
  for (const part of document.querySelectorAll("[aria-label]")) part.ariaLabel = say(part.ariaLabel);
}
