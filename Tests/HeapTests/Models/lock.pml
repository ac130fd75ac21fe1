// SPDX-License-Identifier: MIT
/*
 * The heap's lock, with forks around it and inside it.
 *
 *     holder:  0 ──▶ a thread ──▶ 0           process: the process that was known last
 *
 * Thread 1 forks, threads 2 and 3 only lock and unlock. Of a fork the model follows either side: the
 * parent, in which all goes on, or the child, in which threads 2 and 3 are gone wherever they were, and
 * threads 4 and 5 begin. The fork comes outside the lock, or from a signal handler inside it.
 *
 * model: -DTOLD
 * model: -DSILENT
 * proves: alone, orderly, ends
 * mirrors: HeapLock.swift lock unlock wait note isMine
 * mirrors: ThreadHeap+Life.swift prepareToFork endFork beginChild
 * mirrors: Heap.swift make
 *
 * For every interleaving:
 *   alone     two living threads are never inside the lock together
 *   orderly   a child of a fork that the heap was told of begins with nobody else inside
 *   ends      no thread waits for ever: spin's check for invalid end states, for the wait is a guard here
 *
 * Every exchange, load and store of the two words is one step. The source asks for less than spin's
 * sequential consistency: taking acquires and letting go releases, which is what a lock needs.
 * `process` is relaxed throughout: it is only ever exchanged for the process's own number, and what it
 * guards is decided by `holder`. isMine is relaxed: a thread sees its own stores, and no other living
 * thread stores its identity. The number of rounds before `wait` looks at the process is left away: it
 * may look at any time.
 *
 * SILENT is a fork that the heap is not told of (_Fork, a raw clone), with the lock in the hands of a
 * thread that the child hasn't got: it is taken over, once.
 *
 * Known faults of the source:
 *   FAULT_silent_fork       the same with the lock free at that moment: later a thread that waits takes it
 *                           from a living one, for `process` says which process was seen last, not in
 *                           which one the lock was taken
 *   FAULT_late_note         no fork at all: the heap is published before its lock knows the process, and
 *                           a thread that waits in between takes the lock from a living one
 *   FAULT_hardened_inside   the hardened mode's lock: prepareToFork leaves it if the forking thread
 *                           has it already, but endFork lets go of it in any case
 */

#if defined(FAULT_silent_fork)
#undef TOLD
#undef SILENT
#define SILENT
#elif defined(FAULT_late_note)
#undef TOLD
#undef SILENT
#elif defined(FAULT_hardened_inside)
#undef TOLD
#define TOLD
#undef SILENT
#endif

byte holder;
#ifdef FAULT_late_note
byte process;
#else
byte process = 1;
#endif
bool forksInsideLock;

/* What only the model knows. */
byte inProcess = 1;
byte inside;                 /* living threads that are inside the lock */
bool isChild;
bool hasForked;
bool hasReturned;            /* from fork: in the child, more threads may begin */

/* Taken by the calling thread, which is inside now, alone. */
inline enter() { holder = me; assert(inside == 0); inside++ }

/* HeapLock.swift: lock and wait. Where nothing can be done but to look again, it stands still. */
inline lock() {
  do
#ifdef MUTANT_look_then_store
  :: holder == 0 -> atomic { enter(); break }
#else
  :: atomic { holder == 0 -> enter(); break }
#endif
#ifdef MUTANT_take_over_unasked
  :: atomic { holder != 0 && holder != me -> now = holder };
    if
    :: true;
#else
  :: atomic { holder != 0 && process != inProcess -> now = holder };
    known = process;
    if
    :: atomic { known != inProcess && process == known -> process = inProcess };
#endif
      if
      :: atomic { holder == now -> enter(); break }
      :: atomic { holder != now -> now = 0; known = 0 }
      fi
    :: atomic { known == inProcess || process != known -> now = 0; known = 0 }
    fi
  od;
  now = 0; known = 0
}

/* HeapLock.swift: unlock */
inline unlock() { atomic { assert(holder == me && inside == 1); inside--; holder = 0 } }

/* The system call: who goes on is the parent or the child. */
inline fork() {
  atomic {
    hasForked = true;
    if
    :: skip
    :: isChild = true; inProcess = 2;
      /* The others are gone, and are inside nothing. */
      if :: holder == me -> inside = 1 :: else -> inside = 0 fi
    fi
  }
}

/* ThreadHeap+Life.swift: prepareToFork, the call, then endFork, in the child from beginChild */
inline forkTold() {
#ifdef MUTANT_wait_for_oneself
  lock();
#else
  if
  :: holder == me -> forksInsideLock = true
  :: else -> lock()
  fi;
#endif
  atomic { assert(inside == 1 && holder == me); fork() };
#ifndef MUTANT_child_notes_nothing
  if :: isChild -> process = inProcess :: else fi;
#endif
#ifdef FAULT_hardened_inside
  forksInsideLock = false; /* that lock has no such word */
#endif
  if
  :: forksInsideLock -> forksInsideLock = false
  :: else -> unlock()
  fi
}

/* A fork that the heap hears nothing of. */
#ifdef FAULT_silent_fork
#define MAY_FORK_SILENTLY !hasForked
#else
#define MAY_FORK_SILENTLY (!hasForked && (holder == 2 || holder == 3))
#endif

inline mayFork() {
  if
  :: skip
#ifdef TOLD
  :: !hasForked -> forkTold(); hasReturned = true
#endif
#ifdef SILENT
  :: atomic { MAY_FORK_SILENTLY -> fork(); hasReturned = true }
#endif
  fi
}

inline useLock() {
  lock();
  skip; /* Others may look on meanwhile. */
  unlock()
}

/* Thread 1 */
proctype Forker(byte me) {
  byte now, known;
#ifdef FAULT_late_note
  process = inProcess; /* Heap.swift: make, behind publish */
#endif
  mayFork();
  lock();
#ifndef SILENT
  mayFork();
#elif defined(FAULT_silent_fork)
  mayFork();
#endif
  unlock();
  mayFork();
  useLock()
}

/* Threads 2 and 3: where they are not any more, they stay for ever where they were. */
proctype Other(byte me) {
  byte now, known;
  { useLock(); useLock() } unless { isChild }
}

/* Threads 4 and 5 */
proctype Born(byte me) {
  byte now, known;
end:
  isChild && hasReturned;
  useLock();
  useLock()
}

init {
  atomic {
    run Forker(1);
    run Other(2);
    run Other(3);
    run Born(4);
    run Born(5)
  }
}
