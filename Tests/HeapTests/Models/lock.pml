// SPDX-License-Identifier: MIT
/*
 * The heap's lock, with forks around it and inside it.
 *
 *     holder:  0 ──▶ a thread ──▶ 0
 *     word:    settled ──a child begins──▶ wiped ──▶ settling ──▶ settled
 *
 * Thread 1 forks, threads 2 and 3 only lock and unlock. Of a fork the model follows either side: the
 * parent, in which all goes on, or the child, in which threads 2 and 3 are gone wherever they were, and
 * threads 4 and 5 begin. The fork comes outside the lock, or from a signal handler inside it; a handler
 * must not create threads (POSIX), so that then 4 and 5 begin when thread 1 has left the lock.
 *
 * model: -DTOLD
 * model: -DSILENT
 * proves: alone, orderly, ends
 * mirrors: HeapLock.swift lock unlock wait tryLock disown isMine
 * mirrors: ForkWord.swift settle isSettled
 * mirrors: Forks.swift prepareToFork endFork beginChild meetFork
 *
 * For every interleaving:
 *   alone     two living threads are never inside the lock together
 *   orderly   a child of a fork that the heap was told of begins with nobody else inside
 *   ends      no thread waits for ever: spin's check for invalid end states, for the wait is a guard here
 *             (how a thread sleeps and is woken: sleep.pml)
 *
 * Every exchange, load and store of the two words is one step. The source asks for less than spin's
 * sequential consistency: of both words taking acquires and letting go releases, which is what a lock
 * needs. isMine is relaxed: a thread sees its own stores, and no other living thread stores its identity.
 * That the kernel wipes the word and ends the other threads is one step, as it is for the child.
 *
 * TOLD is fork, SILENT one that the heap is not told of (_Fork, a raw clone). The hardened mode's lock is
 * used in the same way.
 */

byte holder;
byte word = 1;               /* settled; 0 is wiped, 2 settling */
bool forksInsideLock;

/* What only the model knows. */
byte inside;                 /* living threads that are inside the lock */
bool isChild;
bool hasForked;
bool hasReturned;            /* from fork: in the child, more threads may begin */

/* Taken by the calling thread, which is inside now, alone. */
inline enter() { holder = me; assert(inside == 0); inside++ }

/* Forks.swift: meetFork, with ForkWord's settle and HeapLock's disown */
inline meetFork() {
  if
  :: atomic { word == 0 -> word = 2 };
#ifdef MUTANT_settle_first
    word = 1;
#endif
    if
#ifdef MUTANT_disown_all
    :: true -> holder = 0;
#else
    :: holder != me -> holder = 0;
    :: holder == me
#endif
    fi;
    word = 1
  :: atomic { word != 0 -> skip };
    word == 1
  fi
}

/* HeapLock.swift: lock, wait and tryLock. Where nothing can be done but to look again, it stands still. */
inline lock() {
#ifndef MUTANT_look_at_no_word
  if
  :: word != 1 -> meetFork()
  :: word == 1
  fi;
#endif
#ifdef MUTANT_look_then_store
  holder == 0;
  enter()
#else
  atomic { holder == 0 -> enter() }
#endif
}

/* HeapLock.swift: unlock */
inline unlock() { atomic { assert(holder == me && inside == 1); inside--; holder = 0 } }

/* The system call: who goes on is the parent or the child. */
inline fork() {
  atomic {
    hasForked = true;
    if
    :: skip
    :: isChild = true; word = 0;
      /* The others are gone, and are inside nothing. */
      if :: holder == me -> inside = 1 :: else -> inside = 0 fi
    fi
  }
}

/* Forks.swift: prepareToFork, the call, then endFork, in the child from beginChild */
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
  if :: isChild -> meetFork() :: else fi;
  if
  :: forksInsideLock -> forksInsideLock = false
  :: else -> unlock()
  fi
}

inline mayFork() {
  if
  :: skip
#ifdef TOLD
  :: !hasForked -> forkTold()
#endif
#ifdef SILENT
  :: atomic { !hasForked -> fork() }
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
  mayFork();
  hasReturned = hasForked;
  lock();
  mayFork();
  unlock();
  hasReturned = hasForked;
  mayFork();
  hasReturned = hasForked;
  useLock()
}

/* Threads 2 and 3: where they are not any more, they stay for ever where they were. */
proctype Other(byte me) {
  { useLock(); useLock() } unless { isChild }
}

/* Threads 4 and 5 */
proctype Born(byte me) {
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
