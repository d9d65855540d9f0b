//! error: this section writes its input `offset`: an abort starts over with the inputs as they were
dacapo::rseq::section! {
    pub unsafe fn section(offset: usize, value: usize) {
        |_index, block|
        offset += 8;
        commit [block + offset] = value;
    }
}
