//! dacapo/counter.h: per-CPU counters, histograms, statistics.

use core::ffi::{c_int, c_uint};

use super::{boxed, unbox};
use crate::counter::statistics::Summary;
use crate::counter::{Histogram, Statistics};
use crate::libc::errno::fail;
use crate::percpu::Counter;
use crate::sys::Errno;

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_counter_new() -> *mut Counter {
    boxed(Counter::new())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_counter_delete(counter: *mut Counter) {
    unbox(counter);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_counter_add(counter: *const Counter, n: usize) {
    (*counter).add(0, n);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_counter_sum(counter: *const Counter) -> usize {
    (*counter).sum(0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_counter_exact(counter: *const Counter, tries: c_uint, value: *mut usize) -> c_int {
    match (*counter).exact(0, tries) {
        Some(exact) => {
            value.write(exact);
            0
        }
        None => fail(Errno::EAGAIN),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_histogram_new() -> *mut Histogram {
    boxed(Histogram::new())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_histogram_delete(histogram: *mut Histogram) {
    unbox(histogram);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_histogram_record(histogram: *const Histogram, value: u64) {
    (*histogram).record(value);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_histogram_count(histogram: *const Histogram) -> usize {
    (*histogram).snapshot().total()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_histogram_quantile(histogram: *const Histogram, permille: c_uint) -> u64 {
    (*histogram).snapshot().quantile(permille).unwrap_or(0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_statistics_new() -> *mut Statistics {
    boxed(Statistics::new())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_statistics_delete(statistics: *mut Statistics) {
    unbox(statistics);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_statistics_record(statistics: *const Statistics, value: usize) {
    (*statistics).record(value);
}

/// `struct dacapo_summary` is [`Summary`]: four words in this order.
#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_statistics_read(statistics: *const Statistics, summary: *mut [usize; 4]) {
    let Summary { count, sum, min, max } = (*statistics).summary();
    summary.write([count, sum, min, max]);
}
