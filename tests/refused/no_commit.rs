//! error: this section has no commit: its last step must be its one visible store
dacapo::rseq::section! {
    pub unsafe fn section(offset: usize) -> usize {
        |_index, block|
        let value = [block + offset];
        return value;
    }
}
