// SPDX-License-Identifier: MIT
/*
 * How a thread sleeps until the heap's lock is free.
 *
 *     wait                                unlock
 *     waiters + 1                         holder = 0
 *     sequence as it is ── try again      waiters != 0 ?
 *     sleep while it is so                sequence + 1, wake one
 *
 * THREADS threads take the lock ROUNDS times each.
 *
 * model: -DTHREADS=2 -DROUNDS=3
 * model: -DTHREADS=3 -DROUNDS=2
 * model: -DTHREADS=4 -DROUNDS=1
 * proves: alone, woken, counted
 * mirrors: HeapLock.swift lock unlock wait tryLock wakeOne
 *
 * For every interleaving:
 *   alone     two threads are never inside together
 *   woken     nobody sleeps for ever, though here no sleep ends by itself: spin's check for invalid end
 *             states. In the source it does after 100 ms, which nothing relies on
 *   counted   at rest nobody is counted as waiting
 *
 * The kernel compares the word and falls asleep in one step, as futex(2) says. Letting go and looking at
 * `waiters`, counting oneself and trying again are sequentially consistent in the source: with less, either
 * might miss the other (Dekker). Taking the lock at once only acquires: who does so does not sleep.
 */

byte holder;
byte waiters;
byte sequence;
bool isAsleep[THREADS + 1];
byte ended;

inline unlock() {
  holder = 0;
  if
  :: waiters != 0 ->
#ifndef MUTANT_wake_uncounted
    sequence = (sequence + 1) % 32;
#endif
    atomic {
      /* Any one of them. */
      if
      :: isAsleep[1] -> isAsleep[1] = false
      :: isAsleep[2] -> isAsleep[2] = false
#if THREADS > 2
      :: isAsleep[3] -> isAsleep[3] = false
#endif
#if THREADS > 3
      :: isAsleep[4] -> isAsleep[4] = false
#endif
      :: else
      fi
    }
  :: else
  fi
}

inline wait() {
#ifndef MUTANT_count_late
  waiters++;
#endif
  do
  :: now = sequence;
    if
    :: atomic { holder == 0 -> holder = me; break }
    :: holder != 0
    fi;
#ifdef MUTANT_count_late
    waiters++;
#endif
    atomic { if :: sequence == now -> isAsleep[me] = true :: else fi };
    !isAsleep[me];
#ifdef MUTANT_count_late
    waiters--
#endif
  od;
#ifndef MUTANT_count_late
  waiters--;
#endif
  now = 0
}

proctype Thread(byte me) {
  byte now, round;
  do
  :: round < ROUNDS ->
    if
    :: atomic { holder == 0 -> holder = me }
    :: holder != 0 -> wait()
    fi;
    assert(holder == me);
    skip;
    assert(holder == me);
    unlock();
    round++
  :: else -> break
  od;
  atomic {
    ended++;
    assert(ended < THREADS || (waiters == 0 && holder == 0))
  }
}

init {
  byte each;
  atomic {
    for (each : 1 .. THREADS) { run Thread(each) }
  }
}
