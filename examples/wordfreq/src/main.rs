//! The most frequent words of many text files, counted by several threads: wordfreq.c beside it, in Rust.
//!
//! ```text
//! wordfreq [-t THREADS] [-n WORDS] [FILE | FOLDER]...
//! ```
//! Without files it reads all text below the cargo registry's sources. The way is the C program's: a block for every word met,
//! dropped when the word is known already; tables that grow by rehashing; at the end each thread merges its shards of all threads'
//! tables, and so frees what others allocated.
#![no_std]
#![no_main]

extern crate alloc;

mod files;
mod table;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use dacapo::start::{Args, Env, Standard, exit};
use dacapo::sync::{Barrier, Mutex};
use dacapo::thread;

use files::{Files, Reader};
use table::{Table, hash_of};

#[global_allocator]
static HEAP: dacapo::malloc::Global = dacapo::malloc::Global;

/// A word's shard: the low bits of its hash.
const SHARDS: usize = 64;
/// Longer words are cut.
const LONGEST_WORD: usize = 64;

type Shards = [Table; SHARDS];

/// Says what is wrong, and ends the program with 1.
fn die(what: &[u8], detail: impl core::fmt::Display) -> ! {
    dacapo::eprintln!("wordfreq: {}: {detail}", String::from_utf8_lossy(what));
    exit(1)
}

/// What all threads share.
struct Work {
    files: Files,
    threads: usize,
    counted: Barrier,
    /// Each thread's table of each shard, from the end of counting to the merge; the sum is left in the first.
    tables: Vec<[Mutex<Table>; SHARDS]>,
}

#[derive(Default)]
struct Totals {
    words: u64,
    bytes: u64,
}

fn count_file(path: &[u8], reader: &mut Reader, shards: &mut Shards, totals: &mut Totals) {
    reader.open(path).unwrap_or_else(|errno| die(path, errno));
    while let Some(line) = reader.line().unwrap_or_else(|errno| die(path, errno)) {
        totals.bytes += line.len() as u64;
        for word in line.split(|byte| !byte.is_ascii_alphabetic()).filter(|word| !word.is_empty()) {
            let mut text = Box::<[u8]>::from(&word[..word.len().min(LONGEST_WORD)]);
            text.make_ascii_lowercase();
            let hash = hash_of(&text);
            shards[hash as usize % SHARDS].add(text, hash, 1);
            totals.words += 1;
        }
    }
}

/// One thread's work: count files while there are any, wait for the others, merge every so-many-th shard.
fn work(work: &Work, index: usize) -> Totals {
    let (mut shards, mut totals) = (Shards::from([const { Table::new() }; SHARDS]), Totals::default());
    let mut reader = Reader::new();
    while let Some(path) = work.files.next() {
        count_file(path, &mut reader, &mut shards, &mut totals);
    }
    for (place, table) in work.tables[index].iter().zip(shards) {
        *place.lock() = table;
    }
    work.counted.wait();
    for shard in (index..SHARDS).step_by(work.threads) {
        let mut sum = work.tables[0][shard].lock();
        for other in &work.tables[1..] {
            sum.take_all(core::mem::take(&mut *other[shard].lock()));
        }
    }
    totals
}

fn number(text: &[u8], least: usize) -> usize {
    match core::str::from_utf8(text).ok().and_then(|text| text.parse().ok()) {
        Some(value) if (least..=100_000).contains(&value) => value,
        _ => die(b"not a sensible number", String::from_utf8_lossy(text)),
    }
}

/// The answer, as text.
fn answer(work: &Work, totals: &Totals, top: usize) -> String {
    let tables: Vec<_> = work.tables[0].iter().map(|table| table.lock()).collect();
    let mut all: Vec<_> = tables.iter().flat_map(|table| table.words()).collect();
    all.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.text.cmp(&b.text)));
    let mut out = String::new();
    let (files, Totals { words, bytes }) = (work.files.len(), totals);
    let _ = writeln!(out, "{files} files, {bytes} bytes, {words} words, {} distinct", all.len());
    for word in all.iter().take(top) {
        let percent = 100.0 * word.count as f64 / *words as f64;
        let _ = writeln!(out, "{:10}  {percent:5.2}%  {}", word.count, String::from_utf8_lossy(&word.text));
    }
    out
}

fn run(mut args: Args, env: Env) {
    let (mut top, mut threads) = (10, 4);
    let mut files = Files::default();
    let mut named = false;
    args.next(); // the program's name
    while let Some(argument) = args.next() {
        let mut value = |least| args.next().map(|text| number(text.to_bytes(), least));
        match argument.to_bytes() {
            b"-t" => threads = value(1).unwrap_or_else(|| die(b"-t", "how many?")),
            b"-n" => top = value(0).unwrap_or_else(|| die(b"-n", "how many?")),
            path => {
                files.add_argument(path).unwrap_or_else(|errno| die(path, errno));
                named = true;
            }
        }
    }
    if !named {
        let mut path = match env.clone().value(b"CARGO_HOME") {
            Some(cargo) => cargo.to_vec(),
            None => [env.value(b"HOME").unwrap_or_default(), b"/.cargo"].concat(),
        };
        path.extend_from_slice(b"/registry/src");
        files.add_folder(&path).unwrap_or_else(|errno| die(&path, errno));
    }

    let shared: &'static Work = Box::leak(Box::new(Work {
        files,
        threads,
        counted: Barrier::new(threads as u32),
        tables: (0..threads).map(|_| [const { Mutex::new(Table::new()) }; SHARDS]).collect(),
    }));
    let handles: Vec<_> = (0..threads)
        .map(|index| thread::spawn(move || work(shared, index)).unwrap_or_else(|errno| die(b"spawn", errno)))
        .collect();
    let mut totals = Totals::default();
    for handle in handles {
        let one = handle.join().unwrap_or_else(|errno| die(b"join", errno));
        totals.words += one.words;
        totals.bytes += one.bytes;
    }
    if let Err(errno) = Standard::Output.write(answer(shared, &totals, top).as_bytes()) {
        die(b"output", errno);
    }
}

dacapo::main!(run);
