//! error: a store before the commit to shared memory, through `block`: only what an input declared `scratch` points to may be written
dacapo::rseq::section! {
    pub unsafe fn section(offset: usize, value: usize) {
        |_index, block|
        scratch [block + offset] = value;
        commit [block] = value;
    }
}
