//! dacapo under a host libc. `x.py test` runs this binary once for each row of the registration matrix:
//! adopting glibc's area, owning it, and without rseq at all (`DACAPO_EXPECT_RSEQ` names the row, so that none can be mistaken).
#![cfg(test)]

mod counter;
mod fence;
mod hash;
mod litmus;
mod malloc;
mod netdb;
mod percpu;
mod queue;
mod rcu;
mod rseq;
mod scenarios;
mod sync;
mod tls;
