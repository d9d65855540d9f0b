//! The library's sources are compiled here as in a negative control of the library: `DACAPO_BROKEN=NAME`.
//!
//! The locks are included with other imports: atomics, the futex and the pause are loom's. Nothing else of them changes, except that `new` is not
//! `const`, because loom's atomics cannot be made at compile time, and that waiters look once before they sleep.

use std::path::Path;

/// The library's locks that are modelled.
const LOCKS: [&str; 3] = ["raw/mutex.rs", "queued.rs", "seqlock.rs"];

const CHANGES: [(&str, &str); 12] = [
    ("//!", "//"), // an included file has no head
    ("core::sync::atomic", "loom::sync::atomic"),
    ("core::hint::spin_loop", "crate::locks::shim::spin_loop"),
    ("pub const fn new", "pub fn new"),
    ("const LOOKS: u32 = 10", "const LOOKS: u32 = 1"),
    ("use super::spin::Spin", "use crate::locks::shim::Spin"),
    ("use super::deadline::", "use crate::locks::shim::"),
    ("use super::raw::{RawMutex, Scope, Spin}", "use crate::locks::{mutex::RawMutex, shim::{Spin, futex::Scope}}"),
    ("use super::raw::Spin", "use crate::locks::shim::Spin"),
    ("use crate::arch", "use crate::locks::shim::arch"),
    ("use crate::rseq", "use crate::locks::shim::rseq"),
    ("use crate::sys::", "use crate::locks::shim::"),
];

fn main() {
    println!("cargo::rerun-if-env-changed=DACAPO_BROKEN");
    println!("cargo::rustc-cfg=dacapo_model");
    let broken = std::env::var("DACAPO_BROKEN").unwrap_or_default();
    for broken in broken.split(',').filter(|name| !name.is_empty()) {
        println!("cargo::rustc-cfg=dacapo_broken=\"{broken}\"");
    }
    let out = std::env::var("OUT_DIR").expect("cargo names it");
    for lock in LOCKS {
        let source = Path::new("../../src/sync").join(lock);
        println!("cargo::rerun-if-changed={}", source.display());
        let mut text = std::fs::read_to_string(&source).expect("the library's source");
        for (from, to) in CHANGES {
            text = text.replace(from, to);
        }
        let name = Path::new(lock).file_name().expect("a file");
        std::fs::write(Path::new(&out).join(name), text).expect("room for a copy");
    }
}
