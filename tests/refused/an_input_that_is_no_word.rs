//! error: the input `value` of this section is no word
dacapo::rseq::section! {
    pub unsafe fn section(offset: usize, value: u32) {
        |_index, block|
        commit [block + offset] = value;
    }
}
