//! unistd.h: files by descriptor and by name, processes, programs, identity, limits.

mod configuration;
mod exec;
mod file;
mod identity;
mod name;
mod process;
mod sleep;
mod terminal;

pub(crate) use process::fork;
#[allow(unused_imports, reason = "pthread_atfork is their user")]
pub(crate) use process::{Phase, set_fork_hook};
