//! stdlib.h: one module for each of its subjects.

pub mod float_parse;
