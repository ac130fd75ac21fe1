// SPDX-License-Identifier: MIT
/*
 * The table of blocks that have a mapping of their own.
 *
 *     vacant ──insert──▶ busy ──publish──▶ live ──claim──▶ busy ──vacate──▶ freed (vacant, too)
 *
 * WORKERS threads map, insert, ask for, resize and release blocks over ADDRESSES addresses, without
 * end. The table has GENERATIONS generations of two buckets with one slot each: an address's parity is
 * its home. The kernel is modelled as what it promises: an address is mapped once at a time, and may
 * refuse. Whoever has a block may free it twice: two threads then have the same address in hand, and
 * it is not used for anything else meanwhile, for what a program does after a stale free is undefined.
 *
 * model: -DGENERATIONS=2 -DADDRESSES=2 -DWORKERS=2
 * model: -DGENERATIONS=1 -DADDRESSES=3 -DWORKERS=2
 * model: -DGENERATIONS=1 -DADDRESSES=2 -DWORKERS=3
 * model: -DGENERATIONS=1 -DADDRESSES=2 -DWORKERS=2 -DOBSERVER
 * proves: one winner, found, single, mine, mapped, none lost, not torn
 * mirrors: BlockTable.swift insert block claim publish vacate find checkInvariants
 * mirrors: BlockTable+Layout.swift home isHome memory mapped
 * mirrors: Blocks.swift allocate release resize size
 * mirrors: Mark.swift busy freed isVacant live
 *
 * For every interleaving:
 *   one winner   of two threads that release one block, exactly one gets it
 *   found        who has a block finds it, wherever it has moved, a stray too, with its own contents
 *   single       an address is live in one slot at most
 *   mine         only who made a slot busy writes its block, publishes or vacates it
 *   mapped       a live block's memory is mapped; what the kernel gave is unmapped once
 *   not torn     who looks at all blocks (visitAll for malloc_info, diagnose) and has none of them sees each as it
 *                was at some moment, though the mark may be the same again after a resize in place, or with
 *                another block at the address
 *   none lost    at rest every mapped address is live in the table, strays counts those not at home, and a
 *                generation is mapped once
 *
 * Every load, store and exchange of a mark, of `generations` and of `strays` is one step; sequentially
 * consistent, as spin's memory is. The source asks for less: a mark is published with release after
 * the block was written, and found with acquire before it is read. claim acquires, so that what the
 * last owner wrote is seen; vacate releases. insert reads marks relaxed: only the exchange decides. A
 * search that misses a block in a stale mark could only be of a block whose publication does not come
 * before the search, and nobody has its address yet. `strays` is added to sequentially consistently
 * before the stray's mark is released, so who has the address sees it; it is taken down relaxed after
 * vacate, and who sees it too high searches in vain.
 */

#define SLOTS (2 * GENERATIONS)
#define BUSY(a) ((a) * 4 + 1)
#define FREED(a) ((a) * 4 + 2)
#define LIVE(a) ((a) * 4)
#define IS_VACANT(mark) ((mark) == 0 || ((mark) & 2))
#define HOME(a, generation) (2 * (generation) + ((a) & 1))
#define IS_HOME(slot, a) (((slot) & 1) == ((a) & 1))

#define NOWHERE 15
#define SEE_CHANGE(slot) hasChanged = hasChanged || lookedAt == slot

byte mark[SLOTS];
byte start[SLOTS];           /* the block: where it begins, */
bool size[SLOTS];            /* one bit of its size, */
bool length[SLOTS];          /* and the same bit once more */
bool isMapped[GENERATIONS];
byte strays;
bool isOdd[SLOTS];           /* the version: whether it is odd, */
bool hasChanged;             /* and whether that of the slot that is looked at has changed since */
byte lookedAt = NOWHERE;

/* What only the model knows. */
byte writer[SLOTS];          /* who has made it busy */
bool taken[ADDRESSES + 1];   /* the kernel has mapped it */
bool has[ADDRESSES + 1];     /* the program has a block there, and nobody is at it */
bool sizes[ADDRESSES + 1];   /* that block's bit */
byte frees[ADDRESSES + 1];   /* threads that release it or are about to */
byte later[ADDRESSES + 1];   /* those that are about to */
byte wins[ADDRESSES + 1];
byte busyWorkers;

/* An address of which something is true. */
#if ADDRESSES == 2
#define CHOOSE(x, condition) if :: condition(1) -> x = 1 :: condition(2) -> x = 2 fi
#define ANY(condition) (condition(1) || condition(2))
#else
#define CHOOSE(x, condition) \
  if :: condition(1) -> x = 1 :: condition(2) -> x = 2 :: condition(3) -> x = 3 fi
#define ANY(condition) (condition(1) || condition(2) || condition(3))
#endif
#define IS_FREE(x) (!taken[x] && frees[x] == 0)
#define IS_HAD(x) (has[x])
#define IS_FREED_TWICE(x) (later[x] > 0)

/* BlockTable+Layout.swift: mapped. `ok` is false where the kernel has no memory. */
inline mapped(g) {
  if
  :: isMapped[g] -> ok = true
  :: else ->
    if
    :: ok = false
    :: atomic {
        ok = true;
#ifdef MUTANT_map_by_store
        isMapped[g] = true; mark[2 * g] = 0; mark[2 * g + 1] = 0
#else
        isMapped[g] = true /* or another one has mapped it, and what was mapped here is unmapped */
#endif
      }
    fi
  fi
}

/* BlockTable.swift: publish */
inline publish(slot, x, half) {
  atomic { assert(writer[slot] == me); isOdd[slot] = true; SEE_CHANGE(slot); start[slot] = x };
  size[slot] = half;
  length[slot] = half;
  atomic { isOdd[slot] = false; SEE_CHANGE(slot) };
  atomic {
    assert(writer[slot] == me && (mark[slot] & 3) == 1);
    assert(taken[x]);
    for (each : 0 .. SLOTS - 1) { assert(mark[each] != LIVE(x)) }
    each = 0;
    mark[slot] = LIVE(x);
    writer[slot] = 0
  }
}

/* BlockTable.swift: vacate */
inline vacate(slot, x) {
  atomic {
    assert(writer[slot] == me && mark[slot] == BUSY(x));
    writer[slot] = 0;
    /* Left as it is, but who reads it read it all before, or not at all: so it may as well count as written. */
    start[slot] = 0; size[slot] = false; length[slot] = false; SEE_CHANGE(slot);
    mark[slot] = FREED(x)
  };
#ifndef MUTANT_keep_stray
  if :: !IS_HOME(slot, x) -> strays-- :: else fi
#endif
}

/* BlockTable.swift: insert. `ok` is false where there is no room. */
inline insert(x, half) {
  g = 0;
  do
  :: g == GENERATIONS -> ok = false; break
  :: else ->
    mapped(g);
    if :: !ok -> break :: else fi;
    old = mark[HOME(x, g)];
    if
    :: IS_VACANT(old) ->
      atomic {
#ifdef MUTANT_insert_by_store
        ok = true;
#else
        ok = (mark[HOME(x, g)] == old);
#endif
        if
        :: ok -> mark[HOME(x, g)] = BUSY(x); writer[HOME(x, g)] = me
        :: else
        fi
      };
      if :: ok -> publish(HOME(x, g), x, half); break :: else fi
    :: else
    fi;
    g++
  od;
  g = 0; old = 0
}

/* BlockTable.swift: find, first. `slot` is NOWHERE where there is none. */
inline find(x) {
  g = 0; slot = NOWHERE;
  do
  :: g == GENERATIONS -> break
  :: else ->
    if :: !isMapped[g] -> break :: else fi;
    if :: mark[HOME(x, g)] == LIVE(x) -> slot = HOME(x, g); break :: else fi;
    g++
  od;
  g = 0;
  if
  :: slot == NOWHERE && strays > 0 ->
    do
    :: g == SLOTS -> break
    :: else ->
      if :: mark[g] == LIVE(x) -> slot = g; break :: else fi;
      g++
    od
  :: else
  fi;
  g = 0
}

/* BlockTable.swift: claim. `slot` is NOWHERE where another one was first. */
inline claim(x) {
  find(x);
  if
  :: slot != NOWHERE ->
#ifdef MUTANT_claim_by_store
    skip;
    atomic { mark[slot] = BUSY(x); writer[slot] = me }
#else
    atomic {
      if
      :: mark[slot] == LIVE(x) -> mark[slot] = BUSY(x); writer[slot] = me
      :: else -> slot = NOWHERE
      fi
    }
#endif
  :: else
  fi
}

/* Blocks.swift: release */
inline release(x) {
  claim(x);
  if
  :: slot != NOWHERE ->
    atomic { wins[x]++; assert(wins[x] == 1); assert(start[slot] == x) };
    vacate(slot, x);
    atomic { assert(taken[x]); taken[x] = false; sizes[x] = false }
  :: else
  fi;
  atomic {
    frees[x]--;
    if :: frees[x] == 0 -> assert(wins[x] == 1); wins[x] = 0 :: else fi
  }
}

inline done() { atomic { a = 0; b = 0; slot = 0; old = 0; ok = false; half = false; busyWorkers-- } }

/* A thread of the program. Blocks.swift: allocate, size, release, resize */
proctype Worker(byte me) {
  byte a, b, slot, g, old, each;
  bool ok, half;
end:
  do
  :: atomic { ANY(IS_FREE) -> CHOOSE(a, IS_FREE); taken[a] = true; busyWorkers++ };
    insert(a, 0);
    atomic {
      if
      :: ok -> has[a] = true; sizes[a] = 0
      :: else -> taken[a] = false
      fi
    };
    done()
  :: atomic { ANY(IS_HAD) -> CHOOSE(a, IS_HAD); has[a] = false; busyWorkers++ };
    find(a);
    atomic { assert(slot != NOWHERE); assert(start[slot] == a) };
    half = size[slot];
    atomic { assert(half == length[slot] && half == sizes[a]); assert(mark[slot] == LIVE(a)); has[a] = true };
    done()
  :: atomic {
      ANY(IS_HAD) -> CHOOSE(a, IS_HAD); has[a] = false; busyWorkers++;
      if
      :: frees[a] = 1
      :: frees[a] = 2; later[a] = 1
      fi
    };
    release(a);
    done()
  :: atomic { ANY(IS_FREED_TWICE) -> CHOOSE(a, IS_FREED_TWICE); later[a]--; busyWorkers++ };
    release(a);
    done()
  :: atomic { ANY(IS_HAD) -> CHOOSE(a, IS_HAD); has[a] = false; busyWorkers++ };
    claim(a);
    atomic { assert(slot != NOWHERE && start[slot] == a && size[slot] == sizes[a]); half = !size[slot] };
    if
    :: publish(slot, a, half); atomic { sizes[a] = half; has[a] = true }
    :: atomic { ANY(IS_FREE) -> CHOOSE(b, IS_FREE); taken[b] = true; taken[a] = false; sizes[a] = false };
      insert(b, half);
      if
      :: ok -> vacate(slot, a)
      :: else ->
#ifndef MUTANT_forget_stray
        if
        :: !IS_HOME(slot, b) && IS_HOME(slot, a) -> strays++
        :: IS_HOME(slot, b) && !IS_HOME(slot, a) -> strays--
        :: else
        fi;
#endif
        publish(slot, b, half)
      fi;
      atomic { sizes[b] = half; has[b] = true }
    fi;
    done()
  od
}

/* What is true whenever nobody is at the table. BlockTable.swift: checkInvariants */
proctype Rest() {
  byte each, other, places, lost;
end:
  do
  :: atomic {
      busyWorkers == 0 -> lost = 0;
      for (each : 0 .. SLOTS - 1) {
        assert((mark[each] & 3) != 1);
        if
        :: mark[each] != 0 && (mark[each] & 3) == 0 && !IS_HOME(each, start[each]) -> lost++
        :: else
        fi
      }
      assert(lost == strays);
      for (each : 1 .. ADDRESSES) {
        places = 0;
        for (other : 0 .. SLOTS - 1) {
          if :: mark[other] == LIVE(each) -> places++; assert(start[other] == each) :: else fi
        }
        assert(places == taken[each]);
        assert(has[each] || later[each] > 0 || !taken[each])
      }
      each = 0; other = 0; places = 0; lost = 0
    }
  od
}

#ifdef OBSERVER
/* Blocks.swift: visitAll; BlockTable.swift: first, block(at:) */
proctype Observer() {
  byte seen, each;
  bool half, other, wasOdd, isSame;
end:
  do
  :: atomic {
      if :: each = 0 :: each = 1 fi;
      mark[each] != 0 && (mark[each] & 3) == 0 -> seen = mark[each]
    };
    atomic { wasOdd = isOdd[each]; lookedAt = each };
    half = size[each];
    other = length[each];
    atomic { isSame = !hasChanged; hasChanged = false; lookedAt = NOWHERE };
    atomic {
#ifdef MUTANT_no_version
      isSame = true; wasOdd = false;
#endif
      if :: mark[each] == seen && isSame && !wasOdd -> assert(half == other) :: else fi;
      seen = 0; each = 0; half = false; other = false; wasOdd = false; isSame = false
    }
  od
}
#endif

init {
  byte each;
  atomic {
    for (each : 1 .. WORKERS) { run Worker(each) }
#ifdef OBSERVER
    run Observer();
#endif
    run Rest()
  }
}
