//! Distances that were read before `init` had found them: a compiler that keeps them in registers may read them that early.

use std::hint::black_box;

use dacapo::arch::rseq as section;
use dacapo::arch::tls::thread_pointer;
use dacapo::percpu::Counter;
use dacapo::rcu::{Domain, GracePeriods};
use dacapo::rseq::{self, State};

const INNER: &str = "DACAPO_TEST_BEFORE_INIT";

/// A table in which the stopped block's word is ours to look at, and every CPU's is another one.
fn table(stopped: &mut usize, others: &mut usize) -> Vec<*mut u8> {
    let mut pointers = vec![(&raw mut *others).cast::<u8>(); 1026];
    pointers[1] = (&raw mut *stopped).cast(); // index -1
    pointers
}

#[test]
fn a_section_on_what_was_known_before_init_is_refused() {
    if std::env::consts::ARCH != "x86_64" {
        return eprintln!("skipped: nothing runs a section before init here");
    }
    support::furnish();
    if std::env::var_os(INNER).is_none() {
        let own = std::env::args_os().next().expect("a program has a name");
        let mut inner = std::process::Command::new(own);
        let name = "rseq::offsets::a_section_on_what_was_known_before_init_is_refused";
        inner.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(INNER, "1");
        let Ok(said) = inner.output() else {
            return eprintln!("skipped: cannot execute this program again here");
        };
        assert!(said.status.success(), "{said:?}");
        return;
    }
    assert_eq!(rseq::state(), State::Unknown, "the first of all tests in this process");
    let (area, early) = (black_box(rseq::kept_area_offset()), black_box(rseq::kept_fields()));
    // SAFETY: the word at the thread pointer plus 8 is read only.
    let vector = || unsafe { *((thread_pointer() + 8) as *const usize) };
    let before = vector();
    let (mut stopped, mut others) = (0_usize, 0_usize);
    let pointers = table(&mut stopped, &mut others);
    for round in 1..=2 {
        // SAFETY: every block has one word; two entries precede that of 0.
        let index = unsafe { section::add(early, pointers.as_ptr().add(2).cast(), 0, 1) };
        assert_eq!((index, stopped, others), (-1, round, 0), "in round {round}");
        assert_eq!(vector(), before, "the host's own word of the thread, in round {round}");
        let state = rseq::init();
        assert_ne!(state, State::Unknown);
    }
    // Readers that go by the area alone find a seat that is taken, as long as nobody has registered that area.
    if rseq::state() == State::Adopted {
        const MM_CID: u32 = std::mem::offset_of!(rseq::Area, mm_cid) as u32;
        let mut seats = [0_usize; 64];
        seats[16] = 1; // that of -1
        let first = &raw const seats[32] as usize;
        // SAFETY: 128 bytes from seat to seat; -2 to 1 are there.
        let (seat, found) = unsafe { section::claim::<7, MM_CID>(area, &first) };
        assert_eq!((seat, found), (first - 128, 1));
    }
    // And whoever is refused goes on with what is known now.
    let counter = Counter::new().expect("memory");
    counter.add(0, 3);
    assert_eq!(counter.sum(0), 3);
    let domain = Domain::new().expect("memory");
    drop(domain.enter());
    domain.synchronize();
}
