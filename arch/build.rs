//! Assembles `arch/<cpu>/*.S` with the C compiler that `cc` finds for the target.
//!
//! Which file goes into which face: every face has the long rseq sections; the process-owning faces add start-up,
//! threads, signals, `setjmp` and the memory functions; the `libc` face adds the C variadic entry points.

use std::{env, path::Path};

fn main() {
    let cpu = env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets the target's architecture");
    let folder = Path::new("arch").join(&cpu);
    println!("cargo::rerun-if-changed=arch");
    assert!(
        folder.is_dir(),
        "dacapo runs on x86_64 and aarch64, not on {cpu}: docs/porting.md says what a new CPU needs"
    );

    let face = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    let mut files = vec!["rseq_batch.S"];
    if face("START") {
        files.extend(["start.S", "thread.S", "signal.S", "memory.S"]);
    }
    if face("LIBC") {
        files.extend(["foreign_start.S", "variadic.S", "setjmp.S", "exec.S", "long_double.S", "string.S"]);
    }

    let mut assembler = cc::Build::new();
    assembler.include("arch").flag("-ffunction-sections").flag("-fPIC");
    if env::var_os("CARGO_CFG_DACAPO_COUNT_ABORTS").is_some() {
        assembler.define("DACAPO_COUNT_ABORTS", None);
    }
    // The negative controls: `--cfg dacapo_broken="NAME"`, for this crate alone, so that its dependencies are built once. NAME,NAME: several.
    println!("cargo::rerun-if-env-changed=DACAPO_BROKEN");
    for broken in env::var("DACAPO_BROKEN").unwrap_or_default().split(',').filter(|name| !name.is_empty()) {
        println!("cargo::rustc-cfg=dacapo_broken=\"{broken}\"");
        assembler.define(&format!("DACAPO_BROKEN_{}", broken.to_uppercase()), None);
    }
    let mut any = false;
    for file in files {
        let path = folder.join(file);
        if path.exists() {
            assembler.file(path);
            any = true;
        }
    }
    if any {
        assembler.compile("dacapo_arch");
    }
}
