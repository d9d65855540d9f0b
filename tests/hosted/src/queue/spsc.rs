use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use dacapo::queue::spsc::{Nothing, Refused, Storage, channel, channel_with};
use dacapo::queue::{Fences, FullFences, Membarrier, Mprotect, MprotectTry, Pages, Picked, Polled, Way};
use dacapo::sync::raw::Deadline;

use super::two_cpus;

fn soon() -> Deadline {
    Deadline::after(Duration::from_millis(20)).expect("a time that the clock can show")
}

#[test]
fn an_empty_ring_gives_nothing_and_a_full_one_takes_nothing() {
    let (mut producer, mut consumer) = channel::<u64>(3).expect("memory");
    assert_eq!(producer.capacity(), 4);
    assert_eq!(consumer.try_pop(), Err(Nothing::Empty));
    for n in 0..4 {
        assert_eq!(producer.try_push(n), Ok(()));
    }
    assert_eq!(producer.try_push(4), Err(Refused::Full(4)));
    assert_eq!(consumer.try_pop(), Ok(0));
    assert_eq!(producer.try_push(5), Ok(()));
    let rest: Vec<_> = std::iter::from_fn(|| consumer.try_pop().ok()).collect();
    assert_eq!(rest, [1, 2, 3, 5]);
    let statistics = consumer.statistics();
    assert_eq!((statistics.producer.messages, statistics.consumer.messages), (5, 5));
    assert!(statistics.producer.refused >= 1 && statistics.consumer.refused >= 1);
    assert_eq!(statistics.producer.wakes + statistics.consumer.wakes, 0);
}

#[test]
fn batches_go_around_the_end_of_the_ring() {
    let (mut producer, mut consumer) = channel::<u32>(8).expect("memory");
    let mut expected = 0;
    let mut next = 0;
    for size in (1..=11).cycle().take(1000) {
        let values: Vec<u32> = (next..next + size).collect();
        next += producer.push_slice(&values) as u32;
        let mut out = [0; 5];
        let got = consumer.pop_slice(&mut out);
        for value in &out[..got] {
            assert_eq!(*value, expected);
            expected += 1;
        }
    }
    consumer.pop_each(usize::MAX, |value| {
        assert_eq!(value, expected);
        expected += 1;
    });
    assert_eq!(expected, next);
    assert!(next > 3000);
}

/// Staged messages fill the ring: a push that waits for room publishes them first, or the consumer would never make any.
#[test]
fn a_push_that_waits_publishes_what_was_staged() {
    let (mut producer, mut consumer) = channel::<u64>(2).expect("memory");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            producer.stage(1).expect("room");
            producer.stage(2).expect("room");
            producer.push(3).expect("open");
        });
        scope.spawn(move || assert_eq!([(); 3].map(|()| consumer.pop()), [Ok(1), Ok(2), Ok(3)]));
    });
}

#[test]
fn staged_messages_are_seen_when_they_are_published() {
    let (mut producer, mut consumer) = channel::<u8>(8).expect("memory");
    producer.stage(1).expect("room");
    producer.stage(2).expect("room");
    assert_eq!(consumer.try_pop(), Err(Nothing::Empty));
    producer.publish();
    assert_eq!(consumer.try_pop(), Ok(1));
    producer.stage(3).expect("room");
    drop(producer); // publishes
    assert_eq!((consumer.try_pop(), consumer.try_pop(), consumer.try_pop()), (Ok(2), Ok(3), Err(Nothing::Closed)));
}

#[test]
fn a_ring_in_the_users_memory_can_be_used_again() {
    let mut storage = Storage::<Rc<u32>, Picked, 4>::new();
    let value = Rc::new(7);
    for _ in 0..3 {
        let (mut producer, mut consumer) = storage.split(Picked::new());
        for _ in 0..4 {
            producer.try_push(value.clone()).expect("room");
        }
        assert_eq!(*consumer.try_pop().expect("a message"), 7);
    }
    assert_eq!(Rc::strong_count(&value), 1, "messages that nobody took are dropped with the last end");
}

#[test]
fn messages_that_nobody_took_are_dropped_whichever_end_goes_last() {
    let value = Arc::new(());
    for producer_first in [true, false] {
        let (mut producer, consumer) = channel(8).expect("memory");
        for _ in 0..5 {
            assert!(producer.try_push(value.clone()).is_ok());
        }
        if producer_first {
            drop(producer);
            drop(consumer);
        } else {
            drop(consumer);
            assert!(matches!(producer.try_push(value.clone()), Err(Refused::Closed(_)) | Ok(())));
            assert!(matches!(producer.try_push(value.clone()), Err(Refused::Closed(_))));
            drop(producer);
        }
        assert_eq!(Arc::strong_count(&value), 1);
    }
}

#[test]
fn a_sleeping_consumer_is_told_that_the_producer_left() {
    let (producer, mut consumer) = channel::<u32>(4).expect("memory");
    let waiter = std::thread::spawn(move || consumer.pop());
    std::thread::sleep(Duration::from_millis(20));
    drop(producer);
    assert_eq!(waiter.join().expect("no panic"), Err(Nothing::Closed));
}

#[test]
fn a_sleeping_producer_is_told_that_the_consumer_left() {
    let (mut producer, consumer) = channel::<u32>(1).expect("memory");
    let waiter = std::thread::spawn(move || {
        producer.try_push(1).expect("room");
        producer.push(2)
    });
    std::thread::sleep(Duration::from_millis(20));
    drop(consumer);
    assert_eq!(waiter.join().expect("no panic"), Err(Refused::Closed(2)));
}

#[test]
fn waiting_ends_at_the_deadline() {
    let (mut producer, mut consumer) = channel::<u32>(1).expect("memory");
    assert_eq!(consumer.pop_until(&soon()), Err(Nothing::TimedOut));
    assert_eq!(producer.push_until(1, &soon()), Ok(()));
    assert_eq!(producer.push_until(2, &soon()), Err(Refused::TimedOut(2)));
    assert_eq!(consumer.pop_until(&soon()), Ok(1));
}

#[test]
fn a_push_to_an_awake_consumer_makes_no_system_call() {
    let verdict = support::process::child(|| {
        let (mut producer, mut consumer) = channel::<u32>(64).expect("memory");
        support::seccomp::kill_on(&[libc::SYS_futex, libc::SYS_membarrier]);
        for n in 0..1000 {
            producer.push(n).expect("open");
            assert_eq!(consumer.pop(), Ok(n));
        }
        0
    });
    assert_eq!(verdict, 0);
}

#[test]
fn an_absurd_capacity_is_refused() {
    assert!(channel::<u64>(0).is_err());
    assert!(channel::<u64>(usize::MAX).is_err());
    assert!(channel::<u64>(usize::MAX / 8).is_err());
}

/// In a process of its own, where nobody has asked for membarrier yet.
#[test]
fn without_membarrier_full_fences_are_picked_and_work() {
    support::process::alone("queue::spsc::without_membarrier_full_fences_are_picked_and_work", || {
        support::seccomp::refuse(&[libc::SYS_membarrier]);
        assert!(Membarrier::new().is_none() && Picked::new().way() == Way::FullFences);
        stream(Picked::new(), 1_000);
    });
}

#[test]
fn without_membarrier_from_now_on_those_who_picked_it_lose_no_wakeup() {
    support::process::alone("queue::spsc::without_membarrier_from_now_on_those_who_picked_it_lose_no_wakeup", || {
        let picked = Picked::new();
        support::seccomp::refuse(&[libc::SYS_membarrier]);
        stream(picked, 500);
    });
}

/// Sends numbers with pauses on both sides, so that both ends sleep now and then; every one arrives, in order.
fn stream<F: Fences + Send + 'static>(fences: F, messages: u32) {
    let messages = support::rounds(messages);
    let [here, there] = two_cpus();
    let (mut producer, mut consumer) = channel_with::<u32, F>(4, fences).expect("memory");
    let sender = std::thread::spawn(move || {
        support::affinity::pin(there);
        producer.attach();
        for n in 0..messages {
            if n % 61 == 0 {
                std::thread::sleep(Duration::from_micros(u64::from(n % 7) * 20));
            }
            producer.push(n).expect("open");
        }
        // Whoever attached must be there as long as the other may signal it.
        producer.statistics()
    });
    let receiver = std::thread::spawn(move || {
        support::affinity::pin(here);
        consumer.attach();
        for n in 0..messages {
            if n % 53 == 0 {
                std::thread::sleep(Duration::from_micros(u64::from(n % 5) * 30));
            }
            assert_eq!(consumer.pop(), Ok(n));
        }
        assert_eq!(consumer.pop(), Err(Nothing::Closed));
        consumer.statistics()
    });
    sender.join().expect("sender");
    let statistics = receiver.join().expect("receiver");
    assert_eq!(statistics.consumer.messages, u64::from(messages));
}

#[test]
fn full_fences_lose_no_wakeup() {
    stream(FullFences, 6_000);
}

#[test]
fn membarrier_loses_no_wakeup() {
    match Membarrier::new() {
        Some(fences) => stream(fences, 6_000),
        None => println!("skipped: the kernel has no membarrier"),
    }
}

#[test]
fn mprotect_loses_no_wakeup() {
    let Ok(pages) = Pages::new() else {
        println!("skipped: taking a page away interrupts nobody on this CPU");
        return;
    };
    let pages: &'static Pages = Box::leak(Box::new(pages));
    stream(Mprotect(pages), 2_000);
    stream(MprotectTry(pages), 2_000);
}

#[test]
fn a_signal_loses_no_wakeup() {
    let threads = super::fences::signal_threads();
    stream(dacapo::queue::SignalFence(threads), 2_000);
}

#[test]
fn polling_ends_never_sleep() {
    let (mut producer, mut consumer) = channel_with::<u32, _>(64, Polled).expect("memory");
    let messages = support::rounds(50_000);
    let sender = std::thread::spawn(move || {
        for n in 0..messages {
            while producer.try_push(n).is_err() {
                std::thread::yield_now();
            }
        }
    });
    for n in 0..messages {
        loop {
            match consumer.try_pop() {
                Ok(got) => {
                    assert_eq!(got, n);
                    break;
                }
                Err(Nothing::Empty) => std::thread::yield_now(),
                Err(why) => panic!("{why:?} after {n}"),
            }
        }
    }
    sender.join().expect("no panic");
    assert_eq!(consumer.statistics().consumer.sleeps, 0);
}
