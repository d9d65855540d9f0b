use dacapo::percpu::{Birth, Block, Counter, Counters, PerCpu};
use dacapo::rseq;

#[test]
fn additions_are_exact_under_signals_and_migrations() {
    let each = support::rounds(400_000) as usize;
    let counters = Counters::<3>::new().expect("memory");
    super::tormented(8, |n| {
        for _ in 0..each {
            counters.add(n % 3, 1);
        }
        counters.add(2, 5_usize.wrapping_neg());
    });
    assert_eq!([counters.sum(0), counters.sum(1), counters.sum(2)], [3 * each, 3 * each, 2 * each - 40]);
}

#[test]
fn a_sum_never_goes_backwards_while_others_add() {
    let counter = Counter::new().expect("memory");
    std::thread::scope(|scope| {
        let adder = scope.spawn(|| (0..2_000_000).for_each(|_| counter.add(0, 1)));
        let mut last = 0;
        while !adder.is_finished() {
            let now = counter.sum(0);
            assert!(now >= last && now <= 2_000_000);
            last = now;
        }
    });
    assert_eq!(counter.sum(0), 2_000_000);
}

#[test]
fn sixty_four_threads_lose_nothing() {
    let counter = Counter::new().expect("memory");
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| (0..20_000).for_each(|_| counter.add(0, 1)));
        }
    });
    assert_eq!(counter.sum(0), 64 * 20_000);
}

struct Plain;
// SAFETY: the test wants to see what a block without a section does.
unsafe impl Block for Plain {}

/// The negative control: the same addition to the same blocks, without a section, loses updates.
#[test]
fn without_a_section_additions_are_lost() {
    if !super::have_rseq() {
        return; // the fallback uses no block
    }
    let lost = (0..20).any(|_| {
        let blocks = PerCpu::<Plain>::new(8, Birth::Eager).expect("memory");
        super::tormented(8, |_| {
            for _ in 0..400_000 {
                let index = rseq::fields().index().max(0) as usize;
                let word = blocks.block(index).as_ptr().cast::<usize>();
                // SAFETY: the block has eight bytes; volatile, so that nothing but the race loses updates.
                unsafe { word.write_volatile(word.read_volatile() + 1) };
            }
        });
        // SAFETY: the threads have ended.
        let sum: usize = (0..blocks.slots()).map(|i| unsafe { blocks.block(i).as_ptr().cast::<usize>().read() }).sum();
        sum != 8 * 400_000
    });
    assert!(lost, "this test could not see a missing section");
}

#[test]
fn a_forked_child_goes_on_counting() {
    let counter = Counter::new().expect("memory");
    counter.add(0, 1);
    let verdict = support::process::child(|| {
        counter.add(0, 1);
        i32::from(counter.sum(0) != 2)
    });
    assert_eq!((verdict, counter.sum(0)), (0, 1));
}

#[test]
fn an_exact_read_is_exact_at_rest_and_never_wrong_in_motion() {
    let counters = Counters::<2>::new().expect("memory");
    let each = support::rounds(200_000) as usize;
    std::thread::scope(|scope| {
        let adders: Vec<_> = (0..3).map(|_| scope.spawn(|| (0..each).for_each(|_| counters.add(1, 3)))).collect();
        while !adders.iter().all(|adder| adder.is_finished()) {
            if let Some(value) = counters.exact(1, 3) {
                assert_eq!(value % 3, 0, "a value that the counter never had");
            }
        }
    });
    assert_eq!(counters.exact(1, 1), Some(9 * each));
}
