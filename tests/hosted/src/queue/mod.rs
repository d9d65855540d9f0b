mod fences;
mod mesh;
mod server;
mod spsc;

/// Two CPUs to pin the ends to, where there are two.
fn two_cpus() -> [usize; 2] {
    let cpus = support::affinity::allowed();
    [cpus[0], *cpus.get(1).unwrap_or(&cpus[0])]
}
