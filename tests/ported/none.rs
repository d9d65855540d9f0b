//! Nothing: cargo wants a target of every package, and this one is there to name crates.
