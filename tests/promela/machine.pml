/* CPUs, what they have stored and others do not see yet, and membarrier.
 *
 * A model that includes this has said before: CPUS, WORDS and STORES (that one CPU may have on their way), and defines `interrupted(cpu, rseq)`: what an interrupt of
 * membarrier's does to whoever runs there.
 *
 * Without WEAK, x86-64: a CPU's stores become visible in their order, its own loads see them at once, loads take effect in their order.
 * With WEAK, as AArch64: stores to different words overtake each other, but not a release; what loads may do beyond that is said where they are (`prefetch`, `look`).
 */

byte memory[WORDS];
chan stores[CPUS] = [STORES] of { byte, byte, bit };  /* word, value, release */
byte on_their_way[CPUS * WORDS];
byte youngest[CPUS * WORDS];

hidden byte word_;
hidden byte value_;
hidden byte release_;

#define load(cpu, word) (on_their_way[(cpu) * WORDS + (word)] -> youngest[(cpu) * WORDS + (word)] : memory[word])

inline store_as(cpu, which, what, kind) {
    assert(nfull(stores[cpu]));  /* to wait here would be in the middle of a step */
    stores[cpu]!which, what, kind;
    on_their_way[(cpu) * WORDS + (which)]++;
    youngest[(cpu) * WORDS + (which)] = what
}
#define store(cpu, word, value) store_as(cpu, word, value, 0)
#define store_release(cpu, word, value) store_as(cpu, word, value, 1)

inline arrive(cpu) {
    memory[word_] = value_;
    on_their_way[(cpu) * WORDS + word_]--;
    if
    :: on_their_way[(cpu) * WORDS + word_] == 0 -> youngest[(cpu) * WORDS + word_] = 0
    :: else
    fi
}

/* A full fence of that CPU's. */
inline drain_stores(cpu) {
    do
    :: stores[cpu]?word_, value_, release_ -> arrive(cpu)
    :: empty(stores[cpu]) -> break
    od
}

/* A locked addition: a full fence, and there at once. */
inline add(cpu, word, step) {
    drain_stores(cpu);
    memory[word] = memory[word] + step
}

/* One of the stores on its way becomes visible. */
#define OVERTAKE(number) \
    :: stores[cpu]?? <number, value_, release_> -> \
        if \
        :: !release_ -> stores[cpu]??number, value_, 0; word_ = number; arrive(cpu) \
        :: else \
        fi

proctype Stores(byte cpu) {
end:
    do
    :: atomic { stores[cpu]?word_, value_, release_ -> arrive(cpu) }
#ifdef WEAK
    :: atomic {
        len(stores[cpu]) > 1 ->
        if
        OVERTAKE(0) OVERTAKE(1) OVERTAKE(2) OVERTAKE(3) OVERTAKE(4) OVERTAKE(5) OVERTAKE(6) OVERTAKE(7)
        OVERTAKE(8) OVERTAKE(9) OVERTAKE(10) OVERTAKE(11) OVERTAKE(12) OVERTAKE(13) OVERTAKE(14) OVERTAKE(15)
        OVERTAKE(16) OVERTAKE(17) OVERTAKE(18) OVERTAKE(19) OVERTAKE(20) OVERTAKE(21) OVERTAKE(22) OVERTAKE(23)
        fi
    }
#endif
    od
}

/* membarrier(2), called on the last CPU: between call and return each other CPU passes a full fence, each at a time of its own. */
#define CALLER (CPUS - 1)

#ifdef STORES_STAY_BEHIND
#define fence_of(cpu) skip
#else
#define fence_of(cpu) drain_stores(cpu)
#endif

inline membarrier(rseq) {
    atomic { drain_stores(CALLER); asked = 0 }
    do
    :: atomic { !(asked & 1) -> fence_of(0); interrupted(0, rseq); asked = asked | 1 }
#if CPUS > 2
    :: atomic { !(asked & 2) -> fence_of(1); interrupted(1, rseq); asked = asked | 2 }
#endif
    :: atomic { asked == (1 << CALLER) - 1 -> asked = 0; break }
    od
}
