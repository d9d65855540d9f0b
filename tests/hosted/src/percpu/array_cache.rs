use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use dacapo::percpu::ArrayCache;

/// Objects here are just addresses: 1, 2, 3, ...
fn object(n: usize) -> NonNull<u8> {
    NonNull::new(std::ptr::without_provenance_mut(n)).expect("not null")
}

#[test]
fn singles_and_batches_keep_their_order_and_the_bound() {
    support::affinity::pin(support::affinity::allowed()[0]);
    let cache = ArrayCache::new(4).expect("memory");
    let mut out = [MaybeUninit::uninit(); 8];
    assert!(cache.pop().is_none());
    assert_eq!((cache.pop_batch(&mut out), cache.push_batch(&[])), (0, 0));
    assert!(cache.push(object(1)).is_ok());
    assert_eq!(cache.push_batch(&[2, 3, 4, 5].map(object)), 3);
    assert_eq!(cache.push(object(9)), Err(object(9)));
    assert_eq!(cache.push_batch(&[object(9)]), 0);
    assert_eq!(cache.pop(), Some(object(4)));
    assert_eq!(cache.pop_batch(&mut out[..2]), 2);
    // SAFETY: two were written.
    let two = unsafe { [out[0].assume_init(), out[1].assume_init()] };
    assert_eq!(two, [2, 3].map(object));
    let mut drained = Vec::new();
    cache.drain(|objects| drained.extend_from_slice(objects));
    assert_eq!(drained, [object(1)]);
    let none = ArrayCache::new(0).expect("memory");
    assert!(none.push(object(1)).is_err() && none.pop().is_none());
}

#[test]
fn no_object_is_lost_or_doubled_under_signals_migrations_and_drains() {
    const OBJECTS: usize = 96;
    let cache = ArrayCache::new(24).expect("memory");
    let all: Vec<usize> = (1..=OBJECTS).collect();
    let spare = Mutex::new(all.clone());
    let over = AtomicBool::new(false);
    let number = |object: NonNull<u8>| object.as_ptr().addr();
    super::tormented(6, |thread| {
        let keep = |objects: &[NonNull<u8>]| spare.lock().expect("no panic").extend(objects.iter().map(|&o| number(o)));
        if thread == 0 {
            let _over = super::Over(&over);
            for turn in 0..support::rounds(300) {
                if turn % 2 == 0 {
                    cache.drain(keep)
                } else {
                    (0..cache.slots()).for_each(|i| cache.drain_one(i, keep))
                }
                std::thread::yield_now();
            }
            return;
        }
        let mut batch = [MaybeUninit::uninit(); 7];
        while !over.load(SeqCst) {
            for _ in 0..100 {
                let taken = cache.pop_batch(&mut batch);
                // SAFETY: so many were written.
                let mut mine: Vec<_> = batch[..taken].iter().map(|o| unsafe { o.assume_init() }).collect();
                mine.extend(cache.pop());
                mine.extend(spare.lock().expect("no panic").pop().map(object));
                if let Some(one) = mine.pop()
                    && cache.push(one).is_err()
                {
                    keep(&[one]);
                }
                let pushed = cache.push_batch(&mine);
                keep(&mine[pushed..]);
            }
        }
    });
    let mut rest = spare.into_inner().expect("no panic");
    cache.drain(|objects| rest.extend(objects.iter().map(|&o| number(o))));
    rest.sort_unstable();
    assert_eq!(rest, all);
}
