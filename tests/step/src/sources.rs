//! The sections as the sources have them: a section that this program does not use is not in its table, and must not be forgotten either.

use crate::operations::OPERATIONS;

const SOURCES: [&str; 2] =
    [include_str!("../../../arch/x86_64/rseq.rs"), include_str!("../../../arch/aarch64/rseq.rs")];

/// Each public unsafe function of `arch/<cpu>/rseq.rs` that no operation is named after, as a complaint: all of them are sections.
pub fn sections_without_an_operation() -> Vec<String> {
    let mut complaints = Vec::new();
    for source in SOURCES {
        let functions = source.lines().filter_map(|line| line.strip_prefix("pub unsafe fn "));
        let names: Vec<_> = functions.filter_map(|rest| rest.split('(').next()).collect();
        assert!(names.len() >= 11, "only {names:?} was found in the sources");
        let unknown = names.into_iter().filter(|name| !OPERATIONS.iter().any(|operation| operation.name == *name));
        complaints
            .extend(unknown.map(|name| format!("arch/*/rseq.rs: {name} has no line in tests/step/src/operations.rs")));
    }
    complaints
}
