//! error: a store before the commit to shared memory, through `node`: only what an input declared `scratch` points to may be written
dacapo::rseq::section! {
    pub unsafe fn push(offset: usize, node: *mut usize) {
        |_index, block|
        let head = [block + offset];
        scratch [node] = head;
        commit [block + offset] = node;
    }
}
