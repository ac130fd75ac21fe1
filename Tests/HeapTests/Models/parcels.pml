// SPDX-License-Identifier: MIT
/*
 * Parcels: how a thread returns many small blocks at once.
 *
 *     Packer ─ pack ─▶ [block block] full ─▶ parcels[owner] ─▶ Owner: takeParcels ─▶ its free blocks
 *        └─ the parcel is another's, the thread ends, too many are under way ─▶ each by Remote.push
 *        └─ memory ◀── spareParcels, under the lock ◀──────────────┘
 *
 * PACKERS threads free blocks of two owners, and end and begin again; the owners issue blocks and take
 * back what comes. Parcels hold 2 blocks here for 63, PARCELS of them are all there is memory for, one
 * may be under way to an owner for 16, and the second block of another owner ends a thread's patience,
 * not the sixteenth. What goes by itself is one step: remote.pml is about that, and about what becomes
 * of a span.
 *
 * model: -DPACKERS=1 -DPARCELS=3 -DFIRST=3 -DSECOND=1
 * model: -DPACKERS=2 -DPARCELS=2 -DFIRST=4 -DSECOND=0
 * model: -DPACKERS=2 -DPARCELS=2 -DFIRST=3 -DSECOND=1
 * proves: issued, held, full, memory, bounded, none lost
 * mirrors: Parcel.swift packer pack beginParcel sendParcel unpackParcel takeParcels takeBack
 * mirrors: ThreadHeap+Life.swift empty
 * mirrors: ThreadList.swift takeParcel takeRecord giveBackParcels
 *
 * For every interleaving:
 *   issued      an owner takes back its own blocks only, each once for each time that it was issued
 *   held        a parcel's words are only written by the thread that has the parcel
 *   full        a parcel under way holds as many blocks as its owner will read
 *   memory      a parcel has one holder: a thread, an owner's list, the spare ones; at rest none is missing
 *   bounded     at most PACKERS - 1 more than allowed are under way, and never fewer than none
 *   none lost   at rest, when all have ended, every block is with its owner again
 *
 * Each atomic instruction is one step here, and each store into a parcel; in sequentially consistent
 * memory. The source asks for less: sendParcel's exchange releases the blocks' addresses and the link;
 * takeParcels acquires them. A parcel upon a parcel is a read-modify-write, which continues the
 * release sequence. parcelsUnderWay is relaxed: it is added to before the exchange that releases the
 * parcel, so who takes the parcel subtracts after; as a bound it may be read late. takeParcels reads
 * `parcels` relaxed, and finds at its next call what it missed. The spare parcels are guarded by the
 * lock (lock.pml).
 */
#define CAPACITY 2
#define MOST_UNDER_WAY 1
#define PATIENCE 2
#define ALL (FIRST + SECOND)
#define OWNER(block) ((block) > FIRST)
#define NOBODY 3

typedef Parcel { byte next; byte blocks[CAPACITY] };
Parcel parcel[PARCELS + 1];
byte parcels[2];             /* each owner's: the first that was sent */
byte underWay[2];
byte spare;                  /* the first of the spare ones */
byte fresh = 1;              /* the first that was never handed out */
byte lock;

/* What only the model knows. */
mtype = { atOwner, issued, freed };
mtype block[ALL + 1] = atOwner;
byte holder[PARCELS + 1];    /* the thread or owner that has the parcel in hand */
bool alone[ALL + 1];         /* in the owner's `remote` */
byte busy;                   /* packers between begin and end */
byte ownersAtWork;

#if ALL != 4
#error The choice below is of four blocks.
#endif
#define CHOOSE(x, condition) \
  if :: condition(1) -> x = 1 :: condition(2) -> x = 2 :: condition(3) -> x = 3 :: condition(4) -> x = 4 fi
#define ANY(condition) (condition(1) || condition(2) || condition(3) || condition(4))
#define IS_ISSUED(x) (block[x] == issued)
#define IS_MINE(x) (OWNER(x) == me && block[x] == atOwner)
#define IS_ALONE(x) (OWNER(x) == me && alone[x])

inline takeLock() { atomic { lock == 0 -> lock = 1 } }

/* Remote.swift: push, as one step */
inline push(x) { atomic { assert(block[x] == freed && !alone[x]); alone[x] = true } }

/* Parcel.swift: unpackParcel */
inline unpackParcel() {
  atomic { target = NOBODY; others = 0; index = 0 };
  do
  :: index < count ->
    push(parcel[mine].blocks[index]);
    atomic { parcel[mine].blocks[index] = 0; index++ }
  :: else -> break
  od;
  atomic { index = 0; count = 0 }
}

/* ThreadList.swift: takeParcel, takeRecord */
inline takeParcel() {
#ifndef MUTANT_no_lock
  takeLock();
#endif
  mine = spare;
  if
  :: mine != 0 -> spare = parcel[mine].next
  :: else ->
    atomic {
      if
      :: fresh <= PARCELS -> mine = fresh; fresh++
      :: else
      fi
    }
  fi;
#ifndef MUTANT_no_lock
  lock = 0;
#endif
  if
  :: mine != 0 -> atomic { assert(holder[mine] == 0); holder[mine] = me; parcel[mine].next = 0 }
  :: else
  fi
}

/* Parcel.swift: beginParcel */
inline beginParcel() {
  ok = true;
  if
  :: count > 0 ->
    others++;
    if
    :: others < PATIENCE -> ok = false
    :: else -> unpackParcel()
    fi
  :: else
  fi;
  if
  :: ok && mine == 0 -> takeParcel(); ok = (mine != 0)
  :: else
  fi;
  if
  :: ok -> others = 0; target = OWNER(b)
  :: else
  fi
}

/* Parcel.swift: sendParcel */
inline sendParcel() {
  if
  :: underWay[target] >= MOST_UNDER_WAY -> unpackParcel()
  :: else ->
    atomic { sent = mine; to = target; mine = 0; target = NOBODY; count = 0; others = 0 };
#ifndef MUTANT_count_late
    atomic { underWay[to]++; assert(underWay[to] <= MOST_UNDER_WAY + PACKERS - 1) };
#endif
    old = parcels[to];
    do
    :: atomic { assert(holder[sent] == me); parcel[sent].next = old };
#ifdef MUTANT_send_by_store
      atomic { parcels[to] = sent; holder[sent] = 0; break }
#else
      atomic {
        if
        :: parcels[to] == old -> parcels[to] = sent; holder[sent] = 0; break
        :: else -> old = parcels[to]
        fi
      }
#endif
    od;
#ifdef MUTANT_count_late
    underWay[to]++;
#endif
    atomic { sent = 0; to = NOBODY; old = 0 }
  fi
}

/* Parcel.swift: pack */
inline pack() {
  ok = true;
  if
  :: target != OWNER(b) -> beginParcel()
  :: else
  fi;
  if
  :: ok ->
    atomic { assert(holder[mine] == me && target == OWNER(b)); parcel[mine].blocks[count] = b; count++ };
    if
#ifdef MUTANT_send_early
    :: count >= 1 -> sendParcel()
#else
    :: count == CAPACITY -> sendParcel()
#endif
    :: else
    fi
  :: else -> push(b)
  fi;
  atomic { b = 0; ok = false }
}

/* A thread that frees; when it has ended, the next one adopts its heap. Heap+Release.swift:
   releaseSlowly; ThreadHeap+Life.swift: empty */
proctype Packer(byte me) {
  byte b, mine, target = NOBODY, count, others, index, sent, to = NOBODY, old;
  bool ok, hasBegun;
end:
  do
  :: atomic {
      ANY(IS_ISSUED) -> CHOOSE(b, IS_ISSUED); block[b] = freed;
      if :: !hasBegun -> hasBegun = true; busy++ :: else fi
    };
    pack()
  :: atomic { hasBegun -> hasBegun = false };
#ifndef MUTANT_end_packed
    unpackParcel();
#endif
    busy--
  od
}

/* Parcel.swift: takeBack */
inline takeBack(x) {
  atomic {
    assert(x != 0 && OWNER(x) == me);
    assert(block[x] == freed && !alone[x]);
    block[x] = atOwner;
    x = 0
  }
}

inline giveMemoryBack() {
  takeLock();
  parcel[last].next = spare;
  atomic {
    index = first;
    do
    :: holder[index] = 0;
      if :: index == last -> break :: else -> index = parcel[index].next fi
    od;
    index = 0; spare = first
  };
  lock = 0
}

/* An owner of blocks. Parcel.swift: takeParcels */
proctype Owner(byte me) {
  byte b, first, last, index, count;
end:
  do
  :: atomic { ANY(IS_MINE) -> CHOOSE(b, IS_MINE); block[b] = issued; b = 0 }
  :: atomic { ANY(IS_ALONE) -> CHOOSE(b, IS_ALONE); alone[b] = false; block[b] = atOwner; b = 0 }
  :: atomic { parcels[me] != 0 -> ownersAtWork++ };
    atomic {
      first = parcels[me]; parcels[me] = 0;
      last = first;
      do
      :: last != 0 -> assert(holder[last] == 0); holder[last] = 4 + me; last = parcel[last].next
      :: else -> break
      od;
      last = first; count = 0
    };
#ifdef MUTANT_memory_first
    do
    :: parcel[last].next != 0 -> last = parcel[last].next
    :: else -> break
    od;
    giveMemoryBack();
    last = first;
#endif
    do
    :: atomic { index < CAPACITY -> takeBack(parcel[last].blocks[index]); index++ }
    :: atomic {
        index == CAPACITY -> index = 0; count++;
        if :: parcel[last].next == 0 -> break :: else -> last = parcel[last].next fi
      }
    od;
    atomic { assert(underWay[me] >= count); underWay[me] = underWay[me] - count };
#ifndef MUTANT_memory_first
    giveMemoryBack();
#endif
    atomic { first = 0; last = 0; count = 0; ownersAtWork-- }
  od
}

/* What is true when no thread has begun and no owner is at it. */
proctype Rest() {
  byte each, at, found, places;
end:
  do
  :: atomic {
      busy == 0 && ownersAtWork == 0 ->
      for (each : 1 .. PARCELS) {
        if :: holder[each] != 0 -> found++ :: else fi
      }
      at = spare;
      do :: at != 0 -> found++; at = parcel[at].next :: else -> break od;
      places = 0;
      for (each : 1 .. ALL) {
        if :: block[each] == freed -> places++ :: else fi;
        if :: alone[each] -> places-- :: else fi
      }
      for (each : 0 .. 1) {
        at = parcels[each];
        places = places - CAPACITY * underWay[each];
        do
        :: at != 0 -> found++; underWay[each]--; at = parcel[at].next
        :: else -> break
        od;
        assert(underWay[each] == 0);
        at = parcels[each];
        do
        :: at != 0 -> underWay[each]++; at = parcel[at].next
        :: else -> break
        od
      }
      assert(places == 0);
      assert(found == fresh - 1);
      each = 0; at = 0; found = 0; places = 0
    }
  od
}

init {
  byte each;
  atomic {
    for (each : 1 .. PACKERS) { run Packer(each) }
    run Owner(0);
    run Owner(1);
    run Rest()
  }
}
