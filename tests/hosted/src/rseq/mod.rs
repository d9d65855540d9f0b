mod edges;
#[cfg(dacapo_count_aborts)]
mod length;
mod offsets;
mod registration;
mod section;
mod steps;
mod table;
