//! stdlib.h: one module for each of its subjects.

mod environment;
/// strtod and its kin.
pub mod float_parse;
mod getopt;
mod number;
mod random;
mod sort;
mod system;
mod temporary;
