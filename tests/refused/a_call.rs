//! error: this is no step of a section: `println!
dacapo::rseq::section! {
    pub unsafe fn section(offset: usize, new: usize) {
        |_index, block|
        println!("in a section");
        commit [block + offset] = new;
    }
}
