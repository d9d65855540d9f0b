/* Lists of CPUs and the one who takes them away (src/percpu/stop.rs): two threads push an object each and pop one, and a stopper empties all lists, several times. No object
 * is held twice, none is lost, and who has one sees what was written into it.
 *
 * The threads are on one CPU or on two, and may be moved at any moment. Those of one CPU interrupt each other anywhere, as handlers do.
 */

#define CPUS 3
#define STOPPER 2  /* his CPU, and his place among those who hold objects */
#define WORKERS 2
#ifndef STOPS
#define STOPS 2
#endif
#ifndef MOVES
#define MOVES 1    /* times that a thread may be moved */
#endif
#define STORES 6

/* The words: a table's entry is 0, the block, or 1, the stopped one; a list has a bit for each object that is in it. */
#define TABLE(cpu) (cpu)
#define LIST(cpu) (2 + (cpu))
#define CONTENT(object) (4 + (object))
#define WORDS 6

byte at[WORKERS];                /* the CPU */
bit armed[WORKERS];              /* in a section that has not been aborted */
byte hands[WORKERS + 1];         /* the objects that somebody holds, a bit each */
byte ended;
byte asked;
bool held_twice;
bool unwritten;
bool lost;

#include "machine.pml"

#define HERE at[me]

inline interrupted(on, rseq) {
    if :: at[0] == on -> armed[0] = armed[0] && !(rseq) :: else fi;
    if :: at[1] == on -> armed[1] = armed[1] && !(rseq) :: else fi
}

/* A thread runs, so that others on its CPU do not: their sections are aborted. */
inline runs(me) {
    if
    :: at[1 - me] == HERE -> armed[1 - me] = 0
    :: else
    fi
}

/* Whoever is on that CPU has these objects now. */
inline have(cpu, objects, who) {
    held_twice = ((hands[0] | hands[1] | hands[2]) & (objects)) != 0;
    assert(!held_twice);
    unwritten = (((objects) & 1) != 0 && load(cpu, CONTENT(0)) == 0) || (((objects) & 2) != 0 && load(cpu, CONTENT(1)) == 0);
    assert(!unwritten);
    hands[who] = hands[who] | (objects)
}

proctype Worker(byte me) {
    byte index = 0;
    byte list = 0;
    byte object = 0;
    byte moves = 0;
    bool pushed = false;

    atomic { store(HERE, CONTENT(me), 1) }
begin:
#ifdef INDEX_BEFORE_START
    atomic { runs(me); index = HERE }
start:
    atomic { runs(me); armed[me] = 1 }
#else
start:
    atomic { runs(me); armed[me] = 1; index = HERE }
#endif
    atomic {
        runs(me);
        if
        :: !armed[me] -> goto start
        :: armed[me] && load(HERE, TABLE(index)) == 1 -> armed[me] = 0; goto begin  /* refused: later */
        :: else
        fi
    }
    atomic {
        runs(me);
        if
        :: !armed[me] -> goto start
        :: else -> list = load(HERE, LIST(index))
        fi
    }
    if
    :: atomic {  /* moved to the other CPU: a fence, and the section is aborted */
        moves < MOVES -> moves++;
        drain_stores(HERE);
        armed[me] = 0;
        HERE = 1 - HERE;
        list = 0;
        goto start
    }
    :: skip
    fi;
    atomic {
        runs(me);
        if
        :: !armed[me] -> list = 0; goto start
        :: else
        fi;
        armed[me] = 0;
        if
        :: !pushed ->
            store(HERE, LIST(index), list | (1 << me));
            hands[me] = 0;
            pushed = true;
            list = 0;
            goto begin
        :: else
        fi;
        if
        :: (list & 1) != 0 -> object = 1
        :: (list & 3) == 2 -> object = 2
        :: else
        fi;
        list = list & ~object;
        store(HERE, LIST(index), list);
        have(HERE, object, me)
    }
    atomic { index = 0; list = 0; object = 0; moves = 0; pushed = false; ended++ }
}

proctype Stopper() {
    byte stops = 0;
    byte index = 0;
    byte list = 0;

    do
    :: stops == STOPS -> break
    :: else ->
        stops++;
        atomic { nfull(stores[STOPPER]) -> store(STOPPER, TABLE(0), 1) }
        atomic { nfull(stores[STOPPER]) -> store(STOPPER, TABLE(1), 1) }
#if defined(FENCE_OF_ITS_OWN)
        atomic { drain_stores(STOPPER) }
#elif defined(PLAIN_MEMBARRIER)
        membarrier(0);
#elif !defined(NO_MEMBARRIER)
        membarrier(1);
#endif
        do
        :: index == 2 -> index = 0; break
        :: else ->
            atomic { list = load(STOPPER, LIST(index)) }
            atomic { have(STOPPER, list, STOPPER); list = 0 }
#if defined(BACK_BEFORE_EMPTY)
            atomic { nfull(stores[STOPPER]) -> store_release(STOPPER, TABLE(index), 0) }
            atomic { nfull(stores[STOPPER]) -> store(STOPPER, LIST(index), 0) }
#elif defined(BACK_WITHOUT_RELEASE)
            atomic { nfull(stores[STOPPER]) -> store(STOPPER, LIST(index), 0) }
            atomic { nfull(stores[STOPPER]) -> store(STOPPER, TABLE(index), 0) }
#else
            atomic { nfull(stores[STOPPER]) -> store(STOPPER, LIST(index), 0) }
            atomic { nfull(stores[STOPPER]) -> store_release(STOPPER, TABLE(index), 0) }
#endif
            index++
        od
    od;
    ended++
}

/* Looks when all is over and every store has arrived. */
proctype Judge() {
    byte held = 0;
    byte listed = 0;

    atomic {
        ended == WORKERS + 1 && empty(stores[0]) && empty(stores[1]) && empty(stores[2]);
        held = hands[0] | hands[1] | hands[2];
        listed = memory[LIST(0)] | memory[LIST(1)];
        held_twice = (held & listed) != 0 || (memory[LIST(0)] & memory[LIST(1)]) != 0;
        assert(!held_twice);
        lost = (held | listed) != 3;
        assert(!lost)
    }
}

init {
    atomic {
        if
        :: at[1] = 0
        :: at[1] = 1
        fi;
        hands[0] = 1;
        hands[1] = 2;
        run Stores(0);
        run Stores(1);
        run Stores(STOPPER);
        run Stopper();
        run Worker(0);
        run Worker(1);
        run Judge()
    }
}
