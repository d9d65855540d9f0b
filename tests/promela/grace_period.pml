/* Readers by colour (src/rcu/readers.rs) and grace periods: an updater publishes a version, waits for the readers of the old colour, and poisons the version before. No
 * reader may find poison in what it holds.
 *
 * Two readers of any kind, on one CPU or on two, each of which may be moved to the other CPU while it reads. Threads of one CPU interrupt each other anywhere, as handlers do.
 */

#define CPUS 3
#define UPDATERS 2  /* the updater's CPU */
#define READERS 2
#ifndef UPDATES
#define UPDATES 2
#endif
#define STORES 6

/* The words. */
#define POINTER 0                                            /* the published version */
#define SEATS 1                                              /* the active colour, for those who look for a seat */
#define ACTIVE 2                                             /* the same, for those who are counted */
#define POISON(version) (3 + (version))
#define SEAT(cpu, colour) (4 + UPDATES + 2 * (cpu) + (colour))
#define ENTERED(cpu, colour) (8 + UPDATES + 2 * (cpu) + (colour))
#define LEFT(cpu, colour) (12 + UPDATES + 2 * (cpu) + (colour))
#define SLOW_ENTERED(colour) (16 + UPDATES + (colour))       /* by those without rseq */
#define SLOW_LEFT(colour) (18 + UPDATES + (colour))
#define WORDS (20 + UPDATES)

/* Kinds of readers: each pair of them, or, WITH_RSEQ or WITHOUT_RSEQ, the pairs of such. */
#define SEATED 0   /* takes the seat of its CPU, or is counted if it is taken */
#define COUNTED 1
#define ATOMIC 2   /* without rseq */

#define NONE 255

byte at[READERS];
bit armed[READERS];              /* in a section that has not been aborted */
byte early[READERS] = NONE;      /* the version that a load found which overtook others */
byte holds[READERS] = NONE;      /* the version whose content is still to be looked at */
bit late[READERS];               /* what comes after the look has overtaken it */
byte asked;
bool poisoned;

#include "machine.pml"

#define HERE at[me]

/* The reader looks at what it holds, if it has not done so. */
inline look(me) {
    if
    :: holds[me] != NONE ->
        poisoned = load(HERE, POISON(holds[me]));
        assert(!poisoned);
        holds[me] = NONE;
        late[me] = 0
    :: else
    fi
}

/* A fence on that CPU: loads that are under way come to their end, those that overtook others are done again. The RSEQ kind aborts sections. */
inline fenced(me, rseq) {
    if :: late[me] -> look(me) :: else fi;
    early[me] = NONE;
    armed[me] = armed[me] && !(rseq)
}
inline interrupted(on, rseq) {
    if :: at[0] == on -> fenced(0, rseq) :: else fi;
    if :: at[1] == on -> fenced(1, rseq) :: else fi
}

/* A thread runs, so that others on its CPU do not: their sections are aborted. */
inline runs(me) {
    if
    :: at[1 - me] == HERE && armed[1 - me] -> armed[1 - me] = 0; early[1 - me] = NONE
    :: else
    fi
}

/* Where loads overtake each other: the pointer's may come before all that its reader does to be waited for. */
inline prefetch(me) {
#ifdef WEAK
    if
    :: early[me] == NONE -> early[me] = load(HERE, POINTER)
    :: skip
    fi
#else
    skip
#endif
}

proctype Reader(byte me; byte kind) {
    byte colour = 0;
    byte place = 0;   /* the CPU whose seat it has */
    bool seated = false;
    byte counted = 0;
    bool moved = false;

    if
    :: kind == SEATED -> goto take
    :: kind == COUNTED -> goto count
    :: kind == ATOMIC -> goto enter
    fi;

take:
    atomic { runs(me); armed[me] = 1; prefetch(me); colour = load(HERE, SEATS) }
    atomic {
        runs(me);
        if
        :: !armed[me] -> goto take
        :: else
        fi;
        armed[me] = 0;
        if
        :: load(HERE, SEAT(HERE, colour)) == 0 ->
            store(HERE, SEAT(HERE, colour), 1);
            place = HERE;
            seated = true;
            goto inside
        :: else
        fi
    }

count:
    atomic { runs(me); armed[me] = 1; prefetch(me); colour = load(HERE, ACTIVE) }
committing:
    atomic {
        runs(me);
        if
#ifdef COLOUR_NOT_READ_AGAIN
        :: !armed[me] -> armed[me] = 1; goto committing
#else
        :: !armed[me] -> goto count
#endif
        :: else
        fi;
        armed[me] = 0;
        counted = load(HERE, ENTERED(HERE, colour));
        store(HERE, ENTERED(HERE, colour), counted + 1);
        counted = 0;
        goto inside
    }

enter:
    atomic { runs(me); colour = load(HERE, ACTIVE) }
    atomic { runs(me); add(HERE, SLOW_ENTERED(colour), 1) }
#ifndef HASTY_READER
    atomic {
        runs(me);
        if
        :: load(HERE, ACTIVE) != colour -> add(HERE, SLOW_LEFT(colour), 1); goto enter
        :: else
        fi
    }
#endif

inside:
    atomic {
        runs(me);
        if
        :: early[me] != NONE -> holds[me] = early[me]; early[me] = NONE
        :: else -> holds[me] = load(HERE, POINTER)
        fi
    }
inside_still:
    if
    :: atomic { runs(me); look(me) }
#ifdef WEAK
    :: atomic { kind != ATOMIC -> late[me] = 1 }  /* what it does to leave overtakes its look */
#endif
    :: atomic {  /* moved to the other CPU: a fence */
        !moved -> moved = true;
        drain_stores(HERE);
        fenced(me, 1);
        HERE = 1 - HERE;
        goto inside_still
    }
    fi;
    if
    :: seated -> atomic { runs(me); store(HERE, SEAT(place, colour), 0) }
    :: !seated && kind == ATOMIC -> atomic { runs(me); add(HERE, SLOW_LEFT(colour), 1) }
    :: !seated && kind != ATOMIC -> atomic {
        runs(me);
        counted = load(HERE, LEFT(HERE, colour));
        store(HERE, LEFT(HERE, colour), counted + 1);
        counted = 0
    }
    fi;
    atomic { look(me); colour = 0; place = 0; seated = false; moved = false }
}

proctype Updater() {
    byte version = 0;
    byte colour = 0;
    byte left = 0;
    byte entered = 0;

    do
    :: version == UPDATES -> break
    :: else ->
        version++;
        atomic { nfull(stores[UPDATERS]) -> store_release(UPDATERS, POINTER, version) }
#if defined(WEAK) && !defined(NO_FIRST_FENCE)
        membarrier(0);
#endif
        atomic { nfull(stores[UPDATERS]) -> store_release(UPDATERS, SEATS, 1 - colour) }
        atomic { nfull(stores[UPDATERS]) -> store_release(UPDATERS, ACTIVE, 1 - colour) }
#if defined(FENCE_OF_ITS_OWN)
        atomic { drain_stores(UPDATERS) }
#elif defined(PLAIN_MEMBARRIER)
        membarrier(0);
#elif !defined(NO_MEMBARRIER)
        membarrier(1);
#endif

wait:   if
        :: atomic { load(UPDATERS, SEAT(0, colour)) != 0 -> goto wait }
        :: atomic { load(UPDATERS, SEAT(0, colour)) == 0 -> skip }
        fi;
        if
        :: atomic { load(UPDATERS, SEAT(1, colour)) != 0 -> goto wait }
        :: atomic { load(UPDATERS, SEAT(1, colour)) == 0 -> skip }
        fi;
#ifdef ENTERED_SUMMED_FIRST
        atomic { entered = load(UPDATERS, ENTERED(0, colour)) }
        atomic { entered = entered + load(UPDATERS, ENTERED(1, colour)) }
        atomic { entered = entered + load(UPDATERS, SLOW_ENTERED(colour)) }
#endif
        atomic { left = load(UPDATERS, LEFT(0, colour)) }
        atomic { left = left + load(UPDATERS, LEFT(1, colour)) }
        atomic { left = left + load(UPDATERS, SLOW_LEFT(colour)) }
#ifndef ENTERED_SUMMED_FIRST
        atomic { entered = load(UPDATERS, ENTERED(0, colour)) }
        atomic { entered = entered + load(UPDATERS, ENTERED(1, colour)) }
        atomic { entered = entered + load(UPDATERS, SLOW_ENTERED(colour)) }
#endif
        atomic {
            if
            :: left != entered -> left = 0; entered = 0; goto wait
            :: else -> left = 0; entered = 0
            fi
        }
#if defined(WEAK) && !defined(NO_LAST_FENCE)
        membarrier(0);
#endif
        atomic { nfull(stores[UPDATERS]) -> store(UPDATERS, POISON(version - 1), 1); colour = 1 - colour }
    od
}

#define READ(first, second) run Reader(0, first); run Reader(1, second)

init {
    atomic {
        if
        :: at[1] = 0
        :: at[1] = 1
        fi;
        run Stores(0);
        run Stores(1);
        run Stores(UPDATERS);
        run Updater();
        if
#ifndef WITHOUT_RSEQ
        :: READ(SEATED, SEATED)
        :: READ(SEATED, COUNTED)
        :: READ(COUNTED, COUNTED)
#endif
#ifndef WITH_RSEQ
        :: READ(ATOMIC, ATOMIC)
#ifndef WITHOUT_RSEQ
        :: READ(COUNTED, ATOMIC)
        :: READ(SEATED, ATOMIC)
#endif
#endif
        fi
    }
}
