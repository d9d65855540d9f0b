//! The ring's sleep protocol: no message is read before it was written, none is lost, nobody sleeps for ever.

use crate::fence::take_part;
use crate::queue::fences::{Busy, Fences, FullFences, Membarrier, Side};
use crate::queue::spsc::{Nothing, Storage};
use crate::{Found, explore};

/// Sends `messages` numbers through a ring of `N`; both ends sleep when they can.
fn stream<const N: usize>(fences: impl Fences + Send + Sync + 'static, messages: u32, preemptions: usize) -> Found {
    explore(preemptions, move || {
        let storage: *mut Storage<u32, _, N> = Box::into_raw(Box::new(Storage::new()));
        // SAFETY: made just now; freed after both ends are gone.
        let (mut producer, mut consumer) = unsafe { (*storage).split(fences) };
        let sender = loom::thread::spawn(move || {
            take_part(0, || {
                for n in 0..messages {
                    assert_eq!(producer.push(n), Ok(()));
                }
                drop(producer);
            });
        });
        take_part(1, || {
            for n in 0..messages {
                assert_eq!(consumer.pop(), Ok(n));
            }
            assert_eq!(consumer.pop(), Err(Nothing::Closed));
            drop(consumer);
        });
        sender.join().expect("the sender");
        // SAFETY: both ends are gone.
        drop(unsafe { Box::from_raw(storage) });
    })
}

fn membarrier() -> Membarrier {
    Membarrier::new().expect("the model has one")
}

#[test]
fn with_membarrier_nobody_sleeps_on_a_message() {
    assert_eq!(stream::<2>(membarrier(), 2, 2), Found::Nothing);
}

#[test]
fn with_membarrier_nobody_sleeps_on_room() {
    assert_eq!(stream::<1>(membarrier(), 2, 1), Found::Nothing);
}

#[test]
fn with_full_fences_nobody_sleeps_on_a_message() {
    assert_eq!(stream::<2>(FullFences, 2, 2), Found::Nothing);
}

#[test]
fn with_full_fences_nobody_sleeps_on_room() {
    assert_eq!(stream::<1>(FullFences, 2, 2), Found::Nothing);
}

/// Orders nothing and says that it did.
#[derive(Clone, Copy)]
struct Neither;

// SAFETY: none; the model must find that out.
unsafe impl Fences for Neither {
    fn light(&self) {}

    fn heavy(&self, _: Side) -> Result<(), Busy> {
        Ok(())
    }
}

#[test]
fn without_fences_somebody_sleeps_for_ever() {
    assert_eq!(stream::<2>(Neither, 1, 2), Found::Deadlock);
}

/// The sleeper's own fence alone, without the sender's.
#[derive(Clone, Copy)]
struct OneSided;

// SAFETY: none; the model must find that out.
unsafe impl Fences for OneSided {
    fn light(&self) {}

    fn heavy(&self, other: Side) -> Result<(), Busy> {
        FullFences.heavy(other)
    }
}

#[test]
fn a_fence_on_one_side_is_not_enough() {
    assert_eq!(stream::<2>(OneSided, 1, 2), Found::Deadlock);
}
