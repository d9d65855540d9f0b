//! error: a store before the commit to shared memory, at `[block + offset]`: say `commit` if it is the one visible store
dacapo::rseq::section! {
    pub unsafe fn section(offset: usize, value: usize) {
        |_index, block|
        [block + offset] = value;
        commit [block] = value;
    }
}
