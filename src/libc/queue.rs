//! dacapo/queue.h: [`crate::queue`] for C.
//!
//! Rings carry 64-bit words. Handles lie in the program's own structs, which are at least as large as ours. Errors are returned as numbers, as the POSIX
//! thread functions do.

use core::ffi::{c_char, c_int, c_void};

use crate::queue::mesh::{Answer, Core, JoinError, Mesh, Refused};
use crate::queue::spsc::{Consumer, Nothing, Producer, Refused as NotPushed, channel};
use crate::queue::{EndStatistics, Picked, Way};
use crate::sys::Errno;

/// What a core's local data is to C.
type Local = *mut c_void;
type CMesh = Mesh<Local>;
type CCore = Core<'static, Local>;
type CAnswer = Answer<'static, 'static, Local, u64>;
type Job = unsafe extern "C" fn(*mut CCore, *mut c_void) -> u64;

// The structs of dacapo/queue.h.
const HANDLE: usize = 128;
const ANSWER: usize = 64;
const _: () = assert!(size_of::<Producer<'static, u64>>() <= HANDLE && size_of::<Consumer<'static, u64>>() <= HANDLE);
const _: () = assert!(size_of::<CMesh>() <= HANDLE && size_of::<CCore>() <= HANDLE && size_of::<CAnswer>() <= ANSWER);
const _: () = assert!(align_of::<CCore>() <= 16 && align_of::<CMesh>() <= 16);

/// `struct dacapo_end_statistics`.
#[repr(C)]
pub struct CEndStatistics {
    messages: u64,
    refused: u64,
    sleeps: u64,
    vain: u64,
    wakes: u64,
}

impl From<EndStatistics> for CEndStatistics {
    fn from(end: EndStatistics) -> Self {
        let EndStatistics { messages, refused, sleeps, vain, wakes } = end;
        Self { messages, refused, sleeps, vain, wakes }
    }
}

fn number(errno: Errno) -> c_int {
    c_int::from(errno.raw())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_queue_fences() -> *const c_char {
    match Picked::new().way() {
        Way::Membarrier => c"membarrier",
        Way::FullFences => c"full fences",
    }
    .as_ptr()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_ring_init(
    producer: *mut Producer<'static, u64>,
    consumer: *mut Consumer<'static, u64>,
    capacity: usize,
) -> c_int {
    match channel(capacity) {
        Ok((pushes, pops)) => {
            producer.write(pushes);
            consumer.write(pops);
            0
        }
        Err(errno) => number(errno),
    }
}

fn pushed(result: Result<(), NotPushed<u64>>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(NotPushed::Closed(_)) => number(Errno::EPIPE),
        Err(NotPushed::Full(_) | NotPushed::TimedOut(_)) => number(Errno::EAGAIN),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_try_push(producer: *mut Producer<'static, u64>, word: u64) -> c_int {
    pushed((*producer).try_push(word))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_push(producer: *mut Producer<'static, u64>, word: u64) -> c_int {
    pushed((*producer).push(word))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_push_some(producer: *mut Producer<'static, u64>, words: *const u64, count: usize) -> usize {
    if count == 0 { 0 } else { (*producer).push_slice(core::slice::from_raw_parts(words, count)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_producer_close(producer: *mut Producer<'static, u64>) {
    producer.drop_in_place();
}

unsafe fn popped(result: Result<u64, Nothing>, word: *mut u64) -> c_int {
    match result {
        Ok(value) => {
            word.write(value);
            0
        }
        Err(Nothing::Closed) => number(Errno::EPIPE),
        Err(Nothing::Empty | Nothing::TimedOut) => number(Errno::EAGAIN),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_try_pop(consumer: *mut Consumer<'static, u64>, word: *mut u64) -> c_int {
    popped((*consumer).try_pop(), word)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_pop(consumer: *mut Consumer<'static, u64>, word: *mut u64) -> c_int {
    popped((*consumer).pop(), word)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_pop_some(consumer: *mut Consumer<'static, u64>, words: *mut u64, count: usize) -> usize {
    if count == 0 { 0 } else { (*consumer).pop_slice(core::slice::from_raw_parts_mut(words, count)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_consumer_close(consumer: *mut Consumer<'static, u64>) {
    consumer.drop_in_place();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_producer_statistics(
    producer: *const Producer<'static, u64>,
    producers: *mut CEndStatistics,
    consumers: *mut CEndStatistics,
) {
    let statistics = (*producer).statistics();
    producers.write(statistics.producer.into());
    consumers.write(statistics.consumer.into());
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_mesh_init(mesh: *mut CMesh, cores: usize, capacity: usize) -> c_int {
    match Mesh::new(cores, capacity) {
        Ok(made) => {
            mesh.write(made);
            0
        }
        Err(errno) => number(errno),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_mesh_destroy(mesh: *mut CMesh) {
    mesh.drop_in_place();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_core_join(mesh: *const CMesh, index: usize, local: Local, core: *mut CCore) -> c_int {
    match (*mesh).join(index, local) {
        Ok(joined) => {
            core.write(joined);
            0
        }
        Err(JoinError::NoSuchCore) => number(Errno::EINVAL),
        Err(JoinError::Taken) => number(Errno::EBUSY),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_core_leave(core: *mut CCore) {
    core.drop_in_place();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_core_pin(core: *const CCore, cpu: usize) -> c_int {
    (*core).pin(cpu).map_or_else(number, |()| 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_core_index(core: *const CCore) -> usize {
    (*core).index()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_core_local(core: *const CCore) -> Local {
    *(*core).local()
}

/// A C function and its argument, on the way to another thread.
struct Call {
    job: Job,
    argument: *mut c_void,
}

// SAFETY: dacapo/queue.h says that the job runs elsewhere; its argument is the program's to share.
unsafe impl Send for Call {}

impl Call {
    fn run(self, there: &Core<'_, Local>) -> u64 {
        let there = (&raw const *there).cast_mut().cast();
        // SAFETY: the program's function, which was given to us for this; the core lies in the program's own struct.
        unsafe { (self.job)(there, self.argument) }
    }
}

unsafe fn submit(core: *const CCore, to: usize, job: Job, argument: *mut c_void) -> Result<CAnswer, c_int> {
    let core: &'static CCore = &*core;
    if to >= core.cores() {
        return Err(number(Errno::EINVAL));
    }
    let call = Call { job, argument };
    core.submit_to(to, move |there| call.run(there)).map_err(|refused| match refused {
        Refused::Gone(_) => number(Errno::ESRCH),
        Refused::Full(_) => number(Errno::EAGAIN),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_submit_to(
    core: *const CCore,
    to: usize,
    job: Job,
    argument: *mut c_void,
    answer: *mut CAnswer,
) -> c_int {
    submit(core, to, job, argument).map_or_else(
        |error| error,
        |sent| {
            answer.write(sent);
            0
        },
    )
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_answer_ready(answer: *const CAnswer) -> c_int {
    c_int::from((*answer).is_ready())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_answer_wait(answer: *mut CAnswer, result: *mut u64) -> c_int {
    answer.read().wait().map_or(number(Errno::ESRCH), |value| {
        result.write(value);
        0
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_answer_drop(answer: *mut CAnswer) {
    answer.drop_in_place();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_call(
    core: *const CCore,
    to: usize,
    job: Job,
    argument: *mut c_void,
    result: *mut u64,
) -> c_int {
    match submit(core, to, job, argument) {
        Ok(answer) => answer.wait().map_or(number(Errno::ESRCH), |value| {
            result.write(value);
            0
        }),
        Err(error) => error,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_send(core: *const CCore, to: usize, job: Job, argument: *mut c_void) -> c_int {
    submit(core, to, job, argument).map_or_else(|error| error, |_given_up| 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_serve(core: *const CCore) -> usize {
    (*core).serve()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_serve_until(
    core: *const CCore,
    done: unsafe extern "C" fn(*mut c_void) -> c_int,
    argument: *mut c_void,
) {
    (*core).serve_until(|| done(argument) != 0);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_nudge(core: *const CCore, other: usize) {
    if other < (*core).cores() {
        (*core).nudge(other);
    }
}
