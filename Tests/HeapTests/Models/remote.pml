// SPDX-License-Identifier: MIT
/*
 * Remote frees, the arming of spans, the end of a thread and the adoption of its heap. Above 400 lines, for it
 * is one model of all that these lists go through.
 *
 *     program ──▶ Freer: push ──▶ remote[s] ──▶ Owner: collect        (blocks)
 *                   └── tell ──▶ pending   ──▶ Owner: takeNews        (spans)
 *     all blocks ──▶ Purger: claim, discard, settle ──▶ remote[s] = renewed
 *
 * One heap with SPANS spans of BLOCKS blocks each, its owner, and FREERS threads that free into it. The
 * owner allocates, frees, and ends; who adopts the heap then, or visits it as the purging thread
 * does, is the same process here, for the heap changes hands under the lock only (see lock.pml).
 * Nobody ever stops of himself, so that every history of any length over these few objects is covered.
 * At any time the whole may come to rest: then nothing more begins, and what must be true at rest is
 * asserted.
 *
 * model: -DSPANS=1 -DBLOCKS=3 -DFREERS=2
 * model: -DSPANS=2 -DBLOCKS=1 -DFREERS=2
 * model: -DSPANS=2 -DBLOCKS=2 -DFREERS=1
 * model: -DSPANS=1 -DBLOCKS=2 -DFREERS=2 -DPURGERS=1
 * model: -DSPANS=2 -DBLOCKS=1 -DFREERS=1 -DPURGERS=1
 * proves: issued, lost, pending, noticed, touched, counted, unused
 * mirrors: Remote.swift push tell collect arm takeNews collectNews isReturned claim settle
 * mirrors: Heap+Returned.swift discardReturned claimAndDiscard
 * mirrors: HeapSpan.swift prepend renew
 * mirrors: ThreadHeap+Allocate.swift allocate take detach makeSpan
 * mirrors: Heap+Release.swift release
 * mirrors: ThreadHeap+Release.swift settle becameAvailable becameEmpty giveBack
 * mirrors: ThreadHeap+Life.swift begin end empty park
 * mirrors: ThreadList.swift adopt
 * mirrors: Heap+Purge.swift visitParked
 *
 * For every interleaving:
 *   issued    no block is issued that is not the heap's          (none twice)
 *   lost      at rest all spans can go back                      (none lost, none forgotten)
 *   pending   a span is put on the pending list at most once
 *   noticed   at rest, one look at the news leaves no full span that has a free block
 *   touched   a span is not given back while anybody who frees into it has it in hand
 *   counted   countdown is the number of live blocks, as HeapSpan.swift says
 *   unused    no block is in use whose page is discarded, and what is renewed has no block at hand
 *
 * The number of blocks in the upper bits of `remote` is not modelled: it changes in the exchange that changes
 * the list, and is the list's length.
 *
 * Spin's memory is sequentially consistent; each atomic instruction is one step here; what one thread
 * alone can see is its process's local data, whose order nobody can observe. The source asks for less:
 *   - push reads `remote` relaxed: the value is only compared, in the exchange that follows.
 *   - push's exchange releases the link in the block, collect's acquires it. A push upon a push is a
 *     read-modify-write, which continues the earlier one's release sequence: so collect sees all links.
 *   - `tell` writes nextPending before its releasing exchange of `pending`, takeNews acquires it there.
 *   - push's exchange acquires, too: whoever finds tell set sees the owner that `arm` released.
 *   - collect reads `remote` relaxed and may miss a push. Then the span is either looked at again, or
 *     armed by an exchange that expects 0, which no stale value can satisfy.
 *   - takeNews reads `pending` relaxed and may miss a span: it is found at the next call.
 *   - isArmed, awaitsNotice, free, countdown are the owner's alone; between owners stands the lock.
 * A weak exchange may fail though the value is the expected one: it is then tried again with the same
 * value, a step that changes nothing.
 */

#ifndef SPANS
#define SPANS 2
#endif
#ifndef BLOCKS
#define BLOCKS 2
#endif
#ifndef FREERS
#define FREERS 2
#endif
#define ALL (SPANS * BLOCKS)
#define NONE 15              /* no span */
#define TELL 1
#define RENEWED 128
#if BLOCKS == 1
#define IS_WHOLE(s) (remote[s] > TELL && remote[s] != RENEWED)
#elif BLOCKS == 2
#define IS_WHOLE(s) (remote[s] > TELL && remote[s] != RENEWED && link[HEAD(remote[s])] != 0)
#else
#define IS_WHOLE(s) (remote[s] > TELL && remote[s] != RENEWED && link[HEAD(remote[s])] != 0 && \
                     link[link[HEAD(remote[s])]] != 0)
#endif
#ifdef MUTANT_claim_some
#undef IS_WHOLE
#define IS_WHOLE(s) (remote[s] > TELL && remote[s] != RENEWED)
#endif
#if ALL == 2
#define ANY_LIVE (isLive[1] || isLive[2])
#elif ALL == 3
#define ANY_LIVE (isLive[1] || isLive[2] || isLive[3])
#else
#define ANY_LIVE (isLive[1] || isLive[2] || isLive[3] || isLive[4])
#endif
#define HEAD(word) ((word) >> 1)
#define SPAN(block) (((block) - 1) / BLOCKS)

mtype = { vacant, current, available, allIssued }; /* `full` is a word of the language */
byte remote[SPANS];          /* block << 1 | tell */
byte nextPending[SPANS] = NONE;
byte pending = NONE;
byte link[ALL + 1];          /* the first word of each block */

/* What only the model knows. */
bool isLive[ALL + 1];        /* the program has it */
byte hands[SPANS];           /* threads that are inside push with a block of this span */
bool isPending[SPANS];
bool isClosing;
byte busyFreers;             /* and the purger */

/* What a thread no longer needs is set back at once, here and elsewhere, in the same step: so states that
   differ in nothing that anybody will read are one. */
inline forget() {
  atomic { old = 0; tail = 0; collected = 0; armed = false; got = false; span = NONE; index = 0 }
}

/* Any of the blocks that the program has. */
inline choose(b) {
  if
  :: isLive[1] -> b = 1
#if ALL > 1
  :: isLive[2] -> b = 2
#endif
#if ALL > 2
  :: isLive[3] -> b = 3
#endif
#if ALL > 3
  :: isLive[4] -> b = 4
#endif
  fi
}

/* ThreadHeap+Release.swift: becameEmpty, giveBack; SlotPool.swift: giveBack */
inline becameEmpty(s) {
  if
#ifndef MUTANT_give_back_awaited
  :: awaitsNotice[s] -> skip
#endif
  :: else -> atomic {
      assert(hands[s] == 0);
      assert(counted[s] == 0);
      state[s] = vacant;
      remote[s] = 0; isArmed[s] = false; free[s] = 0; bump[s] = 0; nextPending[s] = NONE
    }
  fi
}

/* ThreadHeap+Release.swift: becameAvailable */
inline becameAvailable(s, freed) {
  atomic {
    state[s] = available;
    countdown[s] = BLOCKS - (freed);
    assert(countdown[s] == counted[s]);
    if :: countdown[s] == 0 -> becameEmpty(s) :: else fi
  }
}

/* Remote.swift: collect. `collected` is its result. */
inline collect(s) {
  if
  :: atomic { remote[s] == 0 && !isArmed[s] -> collected = 0 }
  :: atomic { !(remote[s] == 0 && !isArmed[s]) -> skip };
#ifdef MUTANT_load_and_store
    old = remote[s];
    atomic { remote[s] = 0;
#else
    atomic { old = remote[s]; remote[s] = 0;
#endif
      if
      :: isArmed[s] ->
        isArmed[s] = false;
#ifndef MUTANT_forget_the_pusher
        if :: !(old & TELL) -> awaitsNotice[s] = true :: else fi
#endif
      :: else
      fi;
      collected = 0;
      tail = HEAD(old);
      if
      :: old == RENEWED ->
        assert(free[s] == 0 && bump[s] == BLOCKS);
        bump[s] = 0;
        collected = BLOCKS;
        counted[s] = counted[s] - BLOCKS
      :: old != RENEWED && tail != 0 ->
        collected = 1; counted[s]--;
        do
        :: link[tail] != 0 -> tail = link[tail]; collected++; counted[s]--
        :: else -> break
        od;
        link[tail] = free[s];
        free[s] = HEAD(old)
      :: else
      fi;
      tail = 0; old = 0
    }
  fi
}

/* Remote.swift: arm. `armed` is its result. */
inline arm(s) {
  atomic {
#ifdef MUTANT_arm_blindly
    armed = true; remote[s] = TELL; isArmed[s] = true
#else
    armed = (remote[s] == 0);
    if :: armed -> remote[s] = TELL; isArmed[s] = true :: else fi
#endif
  }
}

/* Remote.swift: collectNews */
inline collectNews(s) {
  do
  :: collect(s);
    if
    :: state[s] != allIssued ->
      countdown[s] = countdown[s] - collected;
      assert(countdown[s] == counted[s]);
      if :: state[s] == available && countdown[s] == 0 -> becameEmpty(s) :: else fi;
      break
    :: state[s] == allIssued && collected > 0 -> becameAvailable(s, collected); break
    :: else ->
#ifdef MUTANT_arm_not_again
      break
#endif
      arm(s);
      if :: armed -> break :: else fi
    fi
  od
}

/* Remote.swift: takeNews. It changes `span`. */
inline takeNews() {
  if
  :: pending == NONE
  :: atomic { pending != NONE -> next = pending; pending = NONE;
      span = next;
      do
      :: span != NONE -> isPending[span] = false; span = nextPending[span]
      :: else -> break
      od
    };
    do
    :: atomic { next != NONE ->
        span = next;
        next = nextPending[span];
        nextPending[span] = NONE;
        awaitsNotice[span] = false;
#ifndef MUTANT_stay_armed
        isArmed[span] = false
#endif
      };
      collectNews(span)
    :: atomic { next == NONE -> span = NONE; break }
    od
  fi
}

/* ThreadHeap+Allocate.swift: take */
inline take(s) {
  atomic {
    block = 0;
    if
    :: free[s] != 0 -> block = free[s]; free[s] = link[block]
    :: free[s] == 0 && bump[s] < BLOCKS -> block = s * BLOCKS + bump[s] + 1; bump[s]++
    :: else
    fi;
    if
    :: block != 0 ->
      assert(!isLive[block]);
      isLive[block] = true;
      countdown[s]++;
      counted[s]++;
      link[block] = 0; /* it is cleared */
      block = 0;
      got = true
    :: else -> got = false
    fi
  }
}

/* ThreadHeap+Allocate.swift: detach. `got` says that the span has blocks again. */
inline detach(s) {
  do
  :: collect(s);
    if
    :: collected > 0 -> atomic {
        countdown[s] = countdown[s] - collected;
        assert(countdown[s] == counted[s]);
        got = true; break
      }
    :: else ->
#ifndef MUTANT_arm_awaited
      if
      :: awaitsNotice[s] -> armed = true
      :: else -> arm(s)
      fi;
#else
      arm(s);
#endif
      if
      :: armed -> atomic { state[s] = allIssued; countdown[s] = 1; got = false; break }
      :: else
      fi
    fi
  od
}

/* ThreadHeap+Allocate.swift: makeSpan */
inline makeSpan(s) {
  countdown[s] = 0; counted[s] = 0; /* the rest was set back by becameEmpty */
  awaitsNotice[s] = false;
  state[s] = current
}

/* ThreadHeap+Allocate.swift: allocate. Any available span may be the next: no order is relied upon. */
inline allocate() {
  do
  :: atomic { currentSpan != NONE -> take(currentSpan) };
    if :: got -> break :: else fi;
    detach(currentSpan);
    if
    :: got
    :: else -> currentSpan = NONE
    fi
  :: currentSpan == NONE ->
    takeNews();
    atomic {
      if
      :: state[0] == available -> currentSpan = 0
#if SPANS > 1
      :: state[1] == available -> currentSpan = 1
#endif
      :: else
      fi;
      if
      :: currentSpan != NONE -> state[currentSpan] = current
      :: else ->
        if
        :: state[0] == vacant -> currentSpan = 0; makeSpan(0)
#if SPANS > 1
        :: state[1] == vacant -> currentSpan = 1; makeSpan(1)
#endif
        :: else -> break
        fi
      fi
    }
  od
}

/* ThreadHeap+Life.swift: park */
inline park(s) {
  do
  :: collect(s);
    atomic {
      countdown[s] = countdown[s] - collected;
      assert(countdown[s] == counted[s]);
      if
      :: countdown[s] == 0 -> becameEmpty(s); break
      :: else
      fi
    };
    if
    :: awaitsNotice[s] -> break
    :: else ->
      arm(s);
      if :: armed -> break :: else fi
    fi
  od
}

/* ThreadHeap+Life.swift: empty */
inline emptyHeap() {
  takeNews();
  atomic {
    if
    :: currentSpan != NONE -> state[currentSpan] = available; currentSpan = NONE
    :: else
    fi;
    index = 0
  };
  do
  :: atomic { index < SPANS && state[index] != available -> index++ }
  :: index < SPANS && state[index] == available -> park(index); index++
  :: atomic { index == SPANS -> index = 0; break }
  od
}

/* Heap+Release.swift: release; ThreadHeap+Release.swift: settle, of a block of the thread's own */
inline releaseOwn(b, s) {
  atomic {
    isLive[b] = false;
    link[b] = free[s];
    free[s] = b;
    countdown[s]--;
    counted[s]--
  };
  if
  :: countdown[s] == 0 && state[s] == allIssued ->
    collect(s);
    becameAvailable(s, collected + 1)
  :: countdown[s] == 0 && state[s] == available -> becameEmpty(s)
  :: else
  fi
}

/* Remote.swift: tell. It changes `old`. */
inline tell(s) {
  atomic { old = pending };
  do
  :: atomic { nextPending[s] = old };
    atomic {
      if
      :: pending == old ->
        assert(!isPending[s]);
        pending = s;
        isPending[s] = true;
        hands[s]--;
        break
      :: else -> old = pending
      fi
    }
  od
}

/* Discards the pages of a span whose blocks were all freed. The lock, which keeps the span from being given
   back between the look and the exchange, makes one step of these. Heap+Returned.swift; Remote.swift: claim,
   settle */
proctype Purger() {
  byte s, old;
end:
  do
  :: atomic {
      if
      :: !isClosing && IS_WHOLE(0) -> s = 0
#if SPANS > 1
      :: !isClosing && IS_WHOLE(1) -> s = 1
#endif
      fi;
      busyFreers++;
      hands[s]++;
      remote[s] = 0
    };
    atomic {
      for (old : 1 .. ALL) { assert(SPAN(old) != s || !isLive[old]) }
      for (old : 1 .. ALL) { if :: SPAN(old) == s -> link[old] = 0 :: else fi }
      old = 0
    };
    atomic {
      old = remote[s] & TELL;
      remote[s] = RENEWED;
#ifdef MUTANT_settle_silently
      old = 0;
#endif
      if :: old -> skip :: else -> hands[s]-- fi
    };
    if
    :: old -> tell(s)
    :: else
    fi;
    atomic { busyFreers--; s = 0; old = 0 }
  od
}

/* A thread that is not the owner, inside `free`. Remote.swift: push */
proctype Freer() {
  byte b, s, old;
  bool told;
end:
  do
  :: atomic { !isClosing && ANY_LIVE -> choose(b); isLive[b] = false; s = SPAN(b); hands[s]++; busyFreers++ };
    old = remote[s];
    do
    :: atomic {
        if
        :: remote[s] == old ->
          link[b] = HEAD(old);
          remote[s] = b << 1;
          told = old & TELL;
          if :: !told -> hands[s]-- :: else fi;
          old = 0;
          break
        :: else -> old = remote[s]
        fi
      }
    od;
    if
    :: told -> tell(s)
    :: else
    fi;
    atomic { busyFreers--; b = 0; s = 0; old = 0; told = false }
  od
}

/* Who has the heap: a thread until its end, then the one that adopts it. ThreadHeap+Life.swift: begin,
   end; ThreadList.swift: adopt; Heap+Purge.swift: visitParked */
proctype Owner() {
  mtype state[SPANS] = vacant;
  byte free[SPANS];
  byte bump[SPANS];          /* how many of the blocks were issued ever */
  byte countdown[SPANS];     /* live blocks, 1 of a full span: `never` is left away */
  byte counted[SPANS];       /* issued and not yet with the owner again: only the model knows */
  bool isArmed[SPANS];
  bool awaitsNotice[SPANS];
  byte currentSpan = NONE;
  byte block, old, tail, collected, next = NONE, span = NONE, index;
  bool armed, got;
  do
  :: allocate(); forget()
  :: atomic {
      ANY_LIVE -> choose(block); isLive[block] = false;
      span = SPAN(block); index = block; block = 0
    };
    releaseOwn(index, span);
    forget()
  :: emptyHeap(); forget()
  :: atomic { busyFreers == 0 -> isClosing = true; break }
  od;
  takeNews();
  atomic {
    for (index : 1 .. ALL) {
      assert(state[SPAN(index)] != allIssued || isLive[index])
    }
  };
  do
  :: atomic { choose(block); isLive[block] = false; span = SPAN(block); index = block; block = 0 };
    releaseOwn(index, span)
  :: atomic { !ANY_LIVE -> break }
  od;
  emptyHeap();
  atomic {
    assert(pending == NONE);
    for (index : 0 .. SPANS - 1) {
      assert(state[index] == vacant)
    }
  }
}

init {
  byte each;
  atomic {
    for (each : 1 .. FREERS) { run Freer() }
#ifdef PURGERS
    run Purger();
#endif
    run Owner()
  }
}
