//! Thread-local storage: one area for each thread, made before the thread runs.
//!
//! ```text
//!   layout   pure arithmetic: where the header, PerThread and the program's image lie in an area, for every CPU
//!   block    fills an area: image, zeros, header, canary, PerThread
//! ```
//! Source: "ELF Handling For Thread-Local Storage" (Drepper).

#[cfg(feature = "start")]
pub mod block;
pub mod layout;

#[cfg(feature = "start")]
pub use block::{current_layout, image, install_main, mix, pointer_guard, unmix};
