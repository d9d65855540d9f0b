//! Litmus programs on this machine: which outcomes the library's fences forbid, and that they come without (`fence` has store buffering).
//!
//! ```text
//!   message passing       A:  data = n;  flag = n              B:  f = flag;  d = data         forbidden: f new, d old
//!   store forwarding      A:  x = n;  a = x;  b = y            B:  y = n;  c = y;  d = x        forbidden: b and d old; a and c are always new
//! ```
//! Sides do their accesses as the library's do: plain ones around a light fence on the frequent side, around a heavy one on the rare side.

use std::sync::Barrier;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, compiler_fence};

use dacapo::fence;

/// On lines of their own.
#[repr(align(128))]
struct Line(AtomicU32);

struct Stage {
    x: Line,
    y: Line,
    at: [Line; 2],
}

/// What one side has seen in a round.
type Seen = (u32, u32);
/// A side's round, around its fence.
type Side = fn(&Stage, u32, &dyn Fn()) -> Seen;

impl Stage {
    fn new() -> Self {
        let zero = || Line(AtomicU32::new(0));
        Self { x: zero(), y: zero(), at: [zero(), zero()] }
    }

    /// Both sides leave this at nearly the same moment.
    fn meet(&self, me: usize, round: u32) {
        self.at[me].0.store(round, Release);
        let mut spins = 0;
        while self.at[1 - me].0.load(Acquire) < round {
            spins += 1;
            if spins > 2000 {
                std::thread::yield_now(); // the machine is busy: the other side is not running
            }
            std::hint::spin_loop();
        }
        // Now one, now the other a little later.
        for _ in 0..(round / 7 + me as u32 * round) % 24 {
            std::hint::black_box(round);
        }
    }
}

/// Rounds with an outcome that `forbidden` names: of the two sides' words, and the round's number. Words hold the number of the round in which they were stored.
fn play(
    rounds: u32,
    sides: [Side; 2],
    fences: [&(dyn Fn() + Sync); 2],
    forbidden: fn(u32, Seen, Seen) -> bool,
) -> usize {
    let (stage, start, cpus) = (Stage::new(), Barrier::new(2), support::affinity::allowed());
    let side = |me: usize| {
        support::affinity::pin(cpus[me]);
        start.wait();
        let round = |round| {
            stage.meet(me, round);
            sides[me](&stage, round, fences[me])
        };
        (1..=rounds).map(round).collect::<Vec<_>>()
    };
    let (a, b) = std::thread::scope(|scope| {
        let (a, b) = (scope.spawn(|| side(0)), scope.spawn(|| side(1)));
        (a.join().expect("A"), b.join().expect("B"))
    });
    (1..=rounds).zip(a.into_iter().zip(b)).filter(|(round, (a, b))| forbidden(*round, *a, *b)).count()
}

fn one_cpu() -> bool {
    let one = support::affinity::allowed().len() < 2;
    if one {
        println!("skipped: needs two CPUs");
    }
    one
}

fn nothing() {
    compiler_fence(std::sync::atomic::Ordering::SeqCst);
}

fn sends(stage: &Stage, round: u32, fence: &dyn Fn()) -> Seen {
    stage.x.0.store(round, Relaxed);
    fence();
    stage.y.0.store(round, Relaxed);
    (0, 0)
}

fn receives(stage: &Stage, _: u32, fence: &dyn Fn()) -> Seen {
    let flag = stage.y.0.load(Relaxed);
    fence();
    (flag, stage.x.0.load(Relaxed))
}

/// The wrong way round: who looks at the data first sees what a machine shows that lets its loads overtake each other.
fn receives_early(stage: &Stage, _: u32, fence: &dyn Fn()) -> Seen {
    let data = stage.x.0.load(Relaxed);
    fence();
    (stage.y.0.load(Relaxed), data)
}

fn torn(round: u32, _: Seen, (flag, data): Seen) -> bool {
    flag == round && data < round
}

fn forwards_x(stage: &Stage, round: u32, fence: &dyn Fn()) -> Seen {
    forwards(&stage.x, &stage.y, round, fence)
}

fn forwards_y(stage: &Stage, round: u32, fence: &dyn Fn()) -> Seen {
    forwards(&stage.y, &stage.x, round, fence)
}

fn forwards(mine: &Line, other: &Line, round: u32, fence: &dyn Fn()) -> Seen {
    mine.0.store(round, Relaxed);
    let own = mine.0.load(Relaxed);
    fence();
    (own, other.0.load(Relaxed))
}

fn unexplained(round: u32, a: Seen, b: Seen) -> bool {
    assert_eq!((a.0, b.0), (round, round), "a thread does not see its own store");
    a.1 < round && b.1 < round
}

#[test]
fn no_message_arrives_before_its_data() {
    if one_cpu() {
        return;
    }
    let rounds = support::rounds(10_000);
    assert_eq!(play(rounds, [sends, receives], [&fence::light, &fence::heavy], torn), 0);
    assert_eq!(play(rounds, [sends, receives], [&fence::heavy, &fence::light], torn), 0);
}

/// The negative control: this harness sees such a message when there is one.
#[test]
fn who_looks_at_the_data_first_sees_torn_messages() {
    let sees = || play(support::rounds(50_000), [sends, receives_early], [&nothing, &nothing], torn) > 0;
    assert!(one_cpu() || (0..200).any(|_| sees()), "this test could not see a torn message");
}

#[test]
fn the_fences_forbid_what_store_forwarding_shows() {
    let rounds = support::rounds(10_000);
    assert!(one_cpu() || play(rounds, [forwards_x, forwards_y], [&fence::light, &fence::heavy], unexplained) == 0);
}

/// The negative control: each thread sees its own store first, which no order of the four accesses explains. An emulator may run one CPU after the other and never show it.
#[test]
fn without_a_fence_store_forwarding_shows_itself() {
    let shows = || play(support::rounds(50_000), [forwards_x, forwards_y], [&nothing, &nothing], unexplained) > 0;
    if !one_cpu() && !(0..200).any(|_| shows()) {
        assert!(support::emulated(), "this test could not see a missing fence");
        println!("skipped: this emulator forwards no stores");
    }
}
