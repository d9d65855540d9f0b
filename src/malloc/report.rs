//! What is said about the heap: JSON for programs, a table for people, at exit (`stats`, `json=FILE`, `check`) or on demand.

use core::sync::atomic::{AtomicBool, Ordering};

use super::census::{self, Census};
use super::counts::{self, Event};
use super::init::{self, Heap};
use super::writer::Writer;
use super::{checked, limits, options, size_class};
use crate::sys::{file, process};

/// Sums over the heap, in bytes, as mallinfo(3) wants them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    /// Had from the kernel without the mappings.
    pub arena: usize,
    /// Free blocks.
    pub free_blocks: usize,
    /// Blocks that are mappings, and their bytes.
    pub mapped: [usize; 2],
    /// Bytes of live blocks, mappings not counted.
    pub live: usize,
    /// Bytes that could be handed out without asking the kernel.
    pub free: usize,
    /// Bytes that trim could give back.
    pub releasable: usize,
}

/// The sums now.
#[must_use]
pub fn sums() -> Sums {
    match init::heap() {
        Heap::Up => census::take().map_or(Sums::default(), |census| of(&census)),
        Heap::Checked => Sums { arena: limits::used(), live: checked::live().1, ..Sums::default() },
        _ => Sums::default(),
    }
}

fn of(census: &Census) -> Sums {
    let arena = limits::used().saturating_sub(census.mapped[1] + census.kept[1]);
    let live = live_bytes(census) + census.large[1];
    let free_blocks = census.classes.iter().map(|class| class.carved - class.live()).sum();
    let free = arena.saturating_sub(live);
    let releasable = census.free[1] + census.kept[1];
    Sums { arena, free_blocks, mapped: census.mapped, live, free, releasable }
}

fn live_bytes(census: &Census) -> usize {
    census.classes.iter().enumerate().map(|(class, counted)| counted.live() * size_class::bytes(class)).sum()
}

/// Aborts taken by restartable sections so far, in builds that count them.
fn aborts() -> Option<usize> {
    #[cfg(dacapo_count_aborts)]
    return Some(crate::rseq::aborts() as usize);
    #[cfg(not(dacapo_count_aborts))]
    None
}

#[inline(never)]
fn field(out: &mut Writer, name: &str, value: usize) {
    out.text("\"").text(name).text("\": ").number(value);
}

/// Several fields, with a comma after each; their names with a blank between them.
#[inline(never)]
fn fields(out: &mut Writer, names: &str, values: &[usize]) {
    for (name, &value) in names.as_bytes().split(|&byte| byte == b' ').zip(values) {
        out.text("\"").bytes(name).text("\": ").number(value).text(", ");
    }
}

#[inline(never)]
fn optional(out: &mut Writer, name: &str, value: Option<usize>) {
    out.text("\"").text(name).text("\": ");
    match value {
        Some(value) => out.number(value),
        None => out.text("null"),
    };
}

/// Writes everything that is known as one JSON object; docs/malloc.md explains its fields, `x.py heap` draws it.
pub fn json(out: &mut Writer) {
    out.text("{\"allocator\": \"dacapo\", ");
    field(out, "format", 1);
    out.text(", ");
    field(out, "pid", process::getpid() as usize);
    match init::heap() {
        Heap::Up => match census::take() {
            Some(census) => of_heap(out, &census),
            None => drop(out.text(", \"mode\": \"no memory for statistics\"")),
        },
        Heap::Checked => {
            let (blocks, bytes) = checked::live();
            out.text(", \"mode\": \"checked\", \"totals\": {");
            field(out, "from_kernel", limits::used());
            out.text(", ");
            field(out, "live_blocks", blocks);
            out.text(", ");
            field(out, "live", bytes);
            out.text("}");
        }
        _ => drop(out.text(", \"mode\": \"down\"")),
    }
    out.text("}\n");
    out.flush();
}

fn of_heap(out: &mut Writer, census: &Census) {
    out.text(", \"mode\": \"per-cpu\", \"counted\": ").text(if options::count() { "true" } else { "false" });
    out.text(", \"cpus_seen\": ").text(if census.has_cpus { "true" } else { "false" }).text(", ");
    optional(out, "aborts", aborts());
    let limit = options::LIMIT.get();
    out.text(", \"totals\": {");
    let live = live_bytes(census) + census.large[1] + census.mapped[1];
    let cached = bytes_of(census, |class| class.cached + class.sharded);
    fields(
        out,
        "from_kernel resident_runs live cached middle in_runs",
        &[
            limits::used(),
            census.resident,
            live,
            cached,
            bytes_of(census, |class| class.middle),
            bytes_of(census, |class| class.free),
        ],
    );
    fields(out, "large_blocks large_bytes large_resident", &census.large);
    fields(out, "mappings mapped_bytes", &census.mapped);
    fields(out, "kept_bytes free_clean free_dirty", &[census.kept[1], census.free[0], census.free[1]]);
    optional(out, "limit", (limit != usize::MAX).then_some(limit));
    out.text("}, \"classes\": [");
    let mut separator = "\n ";
    for (number, class) in census.classes.iter().enumerate().filter(|(_, class)| class.runs > 0) {
        out.text(separator).text("{");
        separator = ",\n ";
        fields(out, "class size", &[number, size_class::bytes(number)]);
        fields(out, "runs bytes resident carved", &[class.runs, class.bytes, class.resident, class.carved]);
        fields(out, "live cached sharded middle", &[class.live(), class.cached, class.sharded, class.middle]);
        field(out, "in_runs", class.free);
        out.text("}");
    }
    out.text("],\n\"cpus\": [");
    separator = "\n ";
    for index in (0..census.indices).map(Some).chain([None]) {
        if of_cpu(out, census, index, separator) {
            separator = ",\n ";
        }
    }
    out.text("]");
}

#[inline(never)]
fn bytes_of(census: &Census, blocks: impl Fn(&census::Class) -> usize) -> usize {
    census.classes.iter().enumerate().map(|(class, counted)| blocks(counted) * size_class::bytes(class)).sum()
}

/// One CPU's row, or that of the threads without rseq; whether there was anything to say.
#[inline(never)]
fn of_cpu(out: &mut Writer, census: &Census, index: Option<usize>, mut separator: &str) -> bool {
    let mut said = false;
    for class in 1..size_class::COUNT {
        let count = |event| counts::of(event, class, index);
        let cached = index.map_or(0, |index| census.cached(index, class));
        let (misses, fetched, flushed) = (count(Event::Miss), count(Event::Fetched), count(Event::Flushed));
        let (allocations, frees) = (count(Event::Allocation), count(Event::Free));
        if cached + misses + fetched + flushed + allocations + frees == 0 {
            continue;
        }
        if !said {
            out.text(separator).text("{");
            optional(out, "index", index);
            out.text(", \"classes\": [");
            separator = "\n  ";
            said = true;
        }
        out.text(separator).text("{");
        separator = ",\n  ";
        fields(out, "class cached misses fetched flushed", &[class, cached, misses, fetched, flushed]);
        let counted = options::count();
        optional(out, "hits", counted.then(|| allocations.saturating_sub(misses)));
        out.text(", ");
        optional(out, "frees", counted.then_some(frees));
        out.text("}");
    }
    if said {
        out.text("]}");
    }
    said
}

/// Writes a table for people on standard error.
pub fn table() {
    let mut out = Writer::complaint();
    out.text("process ").number(process::getpid() as usize).text("\n");
    if init::heap() == Heap::Checked {
        let (blocks, bytes) = checked::live();
        out.text("  checked heap: ").number(blocks).text(" live blocks, ").number(bytes).text(" bytes\n");
        return;
    }
    let Some(census) = (init::heap() == Heap::Up).then(census::take).flatten() else { return };
    let sums = of(&census);
    for (name, bytes) in [
        ("had from the kernel", limits::used()),
        ("live", sums.live + sums.mapped[1]),
        ("resident, mappings not counted", census.resident),
        ("in CPUs' lists", bytes_of(&census, |class| class.cached + class.sharded)),
        ("in the middle", bytes_of(&census, |class| class.middle)),
        ("free in runs", bytes_of(&census, |class| class.free)),
        ("free units, dirty", census.free[1]),
        ("free units, clean", census.free[0]),
    ] {
        column(&mut out, bytes, 16);
        out.text("  bytes ").text(name).text("\n");
    }
    out.text(
        "      size       live     cached     middle    in runs     misses    fetched    flushed   resident KiB\n",
    );
    for (number, class) in census.classes.iter().enumerate().filter(|(_, class)| class.runs > 0) {
        column(&mut out, size_class::bytes(number), 10);
        for value in [class.live(), class.cached + class.sharded, class.middle, class.free] {
            column(&mut out, value, 11);
        }
        for event in [Event::Miss, Event::Fetched, Event::Flushed] {
            column(&mut out, everywhere(&census, event, number), 11);
        }
        column(&mut out, class.resident >> 10, 15);
        out.text("\n");
    }
}

/// How often an event of a class happened on all CPUs.
#[inline(never)]
fn everywhere(census: &Census, event: Event, class: usize) -> usize {
    (0..census.indices).map(Some).chain([None]).map(|index| counts::of(event, class, index)).sum()
}

#[inline(never)]
fn column(out: &mut Writer, value: usize, width: usize) {
    let mut digits = 1;
    let mut rest = value / 10;
    while rest > 0 {
        digits += 1;
        rest /= 10;
    }
    for _ in digits..width {
        out.text(" ");
    }
    out.number(value);
}

static REGISTERED: AtomicBool = AtomicBool::new(false);

/// Has exit call [`at_exit`], if the options want anything said there: through the C library's `__cxa_atexit`, which a program of the
/// `start` face has not. Registered by the first allocation, it is called last.
pub fn register() {
    let wanted = options::stats() || options::check() || !options::json_path().is_empty();
    if !wanted || REGISTERED.swap(true, Ordering::Relaxed) {
        return;
    }
    register_with_libc();
}

#[cfg(any(feature = "libc", not(feature = "start")))]
type Function = extern "C" fn(*mut u8);
#[cfg(any(feature = "libc", not(feature = "start")))]
type Register = unsafe extern "C" fn(Function, *mut u8, *mut u8) -> i32;

/// As a guest: with the host's C library, if there is one.
#[cfg(not(feature = "start"))]
fn register_with_libc() {
    let address = crate::arch::tls::weak_address!("__cxa_atexit");
    if address != 0 {
        // SAFETY: the C++ ABI's function.
        unsafe {
            let register: Register = core::mem::transmute(address);
            register(called_at_exit, core::ptr::null_mut(), core::ptr::null_mut());
        }
    }
}

/// As owner: with our own.
#[cfg(feature = "libc")]
fn register_with_libc() {
    unsafe extern "C" {
        fn __cxa_atexit(function: Function, argument: *mut u8, object: *mut u8) -> i32;
    }
    let register: Register = __cxa_atexit;
    // SAFETY: our own function, of this very type.
    unsafe { register(called_at_exit, core::ptr::null_mut(), core::ptr::null_mut()) };
}

/// A program without a libc calls [`at_exit`] itself.
#[cfg(all(feature = "start", not(feature = "libc")))]
fn register_with_libc() {}

#[cfg(any(feature = "libc", not(feature = "start")))]
extern "C" fn called_at_exit(_: *mut u8) {
    at_exit();
}

/// Says what the options want to be said at exit. A freestanding Rust program calls it at its own end.
pub fn at_exit() {
    if options::stats() {
        table();
    }
    to_file();
    if options::check() {
        checked::at_exit();
    }
}

/// The JSON into the file that `json=FILE` names; %p in it is the process's number.
fn to_file() {
    use linux_raw_sys::general::{AT_FDCWD, O_CLOEXEC, O_CREAT, O_TRUNC, O_WRONLY};
    let pattern = options::json_path();
    if pattern.is_empty() {
        return;
    }
    let mut path = Path { bytes: [0; 1024], len: 0 };
    let mut name = Writer::new(append, &raw mut path as usize);
    let mut rest = pattern;
    while let Some((&byte, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(b"%p") {
            name.number(process::getpid() as usize);
            rest = after;
        } else {
            name.bytes(&[byte]);
            rest = after;
        }
    }
    drop(name);
    // SAFETY: the path ends with a zero: its array is larger than the longest option.
    let opened =
        unsafe { file::openat(AT_FDCWD, path.bytes.as_ptr(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) };
    match opened {
        Ok(fd) => {
            json(&mut Writer::to(fd));
            let _ = file::close(fd);
        }
        Err(error) => {
            let mut out = Writer::complaint();
            out.text("json: cannot write ").bytes(pattern.strip_suffix(b"\0").unwrap_or(pattern));
            out.text(", error ").number(error.raw() as usize).text("\n");
        }
    }
}

struct Path {
    bytes: [u8; 1024],
    len: usize,
}

fn append(path: usize, bytes: &[u8]) {
    // SAFETY: `to_file` passes its own path, which outlives the writer.
    let path = unsafe { &mut *(path as *mut Path) };
    for &byte in bytes {
        if let Some(place) = path.bytes.get_mut(path.len) {
            *place = byte;
            path.len += 1;
        }
    }
}

/// Brings the heap up, and with it the options, if nothing was allocated yet.
pub fn ready() {
    let _ = init::heap();
}
