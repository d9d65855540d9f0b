//! error: a step after the commit: `let value ...`; only `return` may follow
dacapo::rseq::section! {
    pub unsafe fn section(offset: usize, new: usize) -> usize {
        |_index, block|
        commit [block + offset] = new;
        let value = [block + offset];
        return value;
    }
}
