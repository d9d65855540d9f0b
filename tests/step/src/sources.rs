//! The sections as the sources have them: a section that this program does not use is not in its table, and must not be forgotten either.

use crate::operations::OPERATIONS;

const SOURCE: &str = include_str!("../../../arch/rseq.rs");

/// Each public unsafe function of `arch/rseq.rs` that no operation is named after, as a complaint: all of them are sections.
pub fn sections_without_an_operation() -> Vec<String> {
    let functions = SOURCE.lines().filter_map(|line| line.trim_start().strip_prefix("pub unsafe fn "));
    let names: Vec<_> = functions.filter_map(|rest| rest.split(['(', '<']).next()).collect();
    assert!(names.len() >= 12, "only {names:?} was found in the sources");
    let unknown = names.into_iter().filter(|name| !OPERATIONS.iter().any(|operation| operation.name == *name));
    unknown.map(|name| format!("arch/rseq.rs: {name} has no line in tests/step/src/operations.rs")).collect()
}
