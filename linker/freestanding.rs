//! The build script of every freestanding Rust program in this repository: how to link one. docs/freestanding.md says the same for yours.
//!
//! `DACAPO_LINK=static` (default) makes a program at a fixed address, `DACAPO_LINK=static-pie` one that relocates itself. Under
//! `-C target-feature=+crt-static` rustc decides by `-C relocation-model`; x.py's test runs give the rest of the flags too.

use std::env;

fn main() {
    println!("cargo::rerun-if-env-changed=DACAPO_LINK");
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    if flags.contains("-nostartfiles") {
        return;
    }
    let chosen = flags.contains("+crt-static");
    let pie = match env::var("DACAPO_LINK").as_deref() {
        Err(_) | Ok("static") => false,
        Ok("static-pie") => true,
        Ok(other) => panic!("DACAPO_LINK is {other}; it may be static or static-pie"),
    };
    // No start files and no libraries but ours; the last word on position independence is ours too, whatever rustc chose.
    let kind = if pie { "-static-pie" } else { "-static" };
    // GNU ld: rustc's lld cannot place the tables of the restartable sequences among what is read-only after relocation.
    for argument in ["-fuse-ld=bfd", "-nostartfiles", "-nostdlib"] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
    if !chosen {
        for argument in [if pie { "-pie" } else { "-no-pie" }, kind] {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
    for argument in ["--build-id=none", "--hash-style=gnu", "-znoseparate-code"] {
        println!("cargo::rustc-link-arg-bins=-Wl,{argument}");
    }
}
