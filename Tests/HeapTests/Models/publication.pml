// SPDX-License-Identifier: MIT
/*
 * How the first threads agree on the process's one heap.
 *
 *     no heap? ──▶ make one ──▶ write it ──▶ publish: an exchange for 0 ──▶ the winner's is everybody's
 *                                                 └── who loses unmaps his own and takes the winner's
 *
 * THREADS threads ask for their first block at the same time, write the heap and end.
 *
 * model: -DTHREADS=2
 * model: -DTHREADS=3
 * proves: one, whole, mapped, no leak, parked
 * mirrors: Heap.swift shared make
 * mirrors: Syscalls+Heap.swift processWord publishProcessWord
 * mirrors: ctamalloc_heap.h ctamalloc_process ctamalloc_publish_process
 * mirrors: ThreadHeap+Life.swift begin end
 *
 * For every interleaving:
 *   one       all threads use the same heap
 *   whole     who sees the heap sees it initialised
 *   mapped    nobody uses a heap that was unmapped
 *   no leak   when all have ended, one heap is mapped
 *   parked    the end of each thread is heard of: there is a key before there is the heap
 *
 * The initialising stores are one step, for nobody else has the address. Spin's memory is sequentially
 * consistent; the source's exchange releases what was written before, its failure and the load of
 * processHeap acquire it. With a relaxed load `whole` would not hold on a machine that orders loads weakly.
 */

#define NOHEAP 0

byte processHeap = NOHEAP;   /* the number of the thread that has made it */
bool isMapped[THREADS + 1];
bool isWhole[THREADS + 1];
bool hasKey[THREADS + 1];

/* What only the model knows. */
byte ended;
byte parked;
byte chosen;

/* Heap.swift: make */
inline make() {
  isMapped[me] = true;
#ifndef MUTANT_key_late
  hasKey[me] = true;
#endif
#ifdef MUTANT_publish_first
  skip;
#else
  isWhole[me] = true;
#endif
#ifdef MUTANT_publish_by_store
  atomic { processHeap = me; heap = me };
#else
  atomic {
    if
    :: processHeap == NOHEAP -> processHeap = me; heap = me
    :: else -> heap = processHeap
    fi
  };
#endif
#ifdef MUTANT_publish_first
  isWhole[me] = true;
#endif
  if
  :: heap != me ->
#ifndef MUTANT_keep_own
    isMapped[me] = false
#endif
#ifdef MUTANT_key_late
  :: else -> hasKey[me] = true
#else
  :: else
#endif
  fi
}

proctype Thread(byte me) {
  byte heap;
  bool hasRegistered;
  /* Heap.swift: shared */
  heap = processHeap;
  if
  :: heap == NOHEAP -> make()
  :: else
  fi;
  /* ThreadHeap+Life.swift: begin */
  atomic {
    assert(isMapped[heap] && isWhole[heap]);
    assert(chosen == NOHEAP || chosen == heap);
    chosen = heap
  };
  hasRegistered = hasKey[heap];
  /* ThreadHeap+Life.swift: end, which the C library calls for a thread with a key */
  atomic {
    assert(isMapped[heap]);
    if :: hasRegistered -> parked++ :: else fi;
    ended++
  }
}

proctype Rest() {
  byte each, mapped;
  atomic {
    ended == THREADS ->
    for (each : 1 .. THREADS) {
      mapped = mapped + isMapped[each]
    }
    assert(mapped == 1 && isMapped[processHeap]);
    assert(parked == THREADS)
  }
}

init {
  byte each;
  atomic {
    for (each : 1 .. THREADS) { run Thread(each) }
    run Rest()
  }
}
