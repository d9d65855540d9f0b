//! The library's sources are compiled here as in a negative control of the library: `DACAPO_BROKEN=NAME`.

fn main() {
    println!("cargo::rerun-if-env-changed=DACAPO_BROKEN");
    println!("cargo::rustc-cfg=dacapo_model");
    let broken = std::env::var("DACAPO_BROKEN").unwrap_or_default();
    for broken in broken.split(',').filter(|name| !name.is_empty()) {
        println!("cargo::rustc-cfg=dacapo_broken=\"{broken}\"");
    }
}
