//! error: a store before the commit to shared memory, through `head`: only what an input declared `scratch` points to may be written
dacapo::rseq::section! {
    pub unsafe fn push(offset: usize, scratch node: *mut usize) {
        |_index, block|
        let head = [block + offset];
        scratch [head] = node;
        commit [block + offset] = node;
    }
}
