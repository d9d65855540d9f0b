//! ok: what the others get wrong, right; if this were refused, their refusals would mean nothing
dacapo::rseq::section! {
    pub unsafe fn push(offset: usize, scratch node: *mut usize) -> usize {
        |index, block|
        let head = [block + offset];
        leave if head == 0;
        scratch [node] = head;
        index += 1;
        commit [block + offset] = node;
        return index;
    }
}
