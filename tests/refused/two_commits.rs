//! error: two commits: a section has one visible store, and it is the last step
dacapo::rseq::section! {
    pub unsafe fn section(offset: usize, value: usize) {
        |_index, block|
        commit [block + offset] = value;
        commit [block] = value;
    }
}
