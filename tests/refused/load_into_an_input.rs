//! error: this section writes its input `value`: an abort starts over with the inputs as they were
dacapo::rseq::section! {
    pub unsafe fn section(offset: usize, value: usize) {
        |_index, block|
        value = [block + offset];
        commit [block] = value;
    }
}
