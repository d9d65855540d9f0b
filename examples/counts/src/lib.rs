//! A server that echoes each word with the number of times it has seen it, and the clients that try it.
//!
//! ```text
//!     client -- "word\n" -> the thread that has the connection -- submit_to(owner of the word, count) -> owner's part of the map
//!     client <- "word 7\n" -- the same thread                 <-- answer --
//! ```
//! Each thread serves its connections and its part of the map; nothing is locked. A thread with nothing to do sleeps in poll(2), on its sockets and on the
//! eventfd that other threads ring. [`Kind::Mutex`] is the same server with one map under a mutex.

mod client;
mod count;
mod server;

use std::net::{TcpListener, TcpStream};
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use dacapo::queue::mesh::Mesh;

use count::{Locked, Sharded};

/// Where the counts are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Each word on one thread, which the others send work to.
    Mesh,
    /// All words under one mutex.
    Mutex,
}

/// How much is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Threads of the server.
    pub threads: usize,
    /// Clients, each with a connection of its own.
    pub connections: usize,
    /// Words that each client sends.
    pub words: usize,
}

/// What was done.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Sum of all counts in the end.
    pub total: u64,
    /// Words counted.
    pub distinct: usize,
    /// Words a second, all clients together.
    pub rate: f64,
}

/// Words that a connection has under way at most.
const UNDER_WAY: usize = 16;

/// Serves `load` and returns when all clients have got all their answers.
///
/// # Errors
/// Loopback does not work here.
pub fn run(kind: Kind, load: &Load) -> std::io::Result<Report> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let mut seats: Vec<Vec<TcpStream>> = (0..load.threads).map(|_| Vec::new()).collect();
    let mut clients = Vec::new();
    for number in 0..load.connections {
        clients.push(TcpStream::connect(address)?);
        seats[number % load.threads].push(listener.accept()?.0);
    }
    let begin = Instant::now();
    // An answer that a connection has not sent yet holds its item; so many fit into each ring.
    let mesh =
        Mesh::new(load.threads, (UNDER_WAY * load.connections).max(1)).map_err(|_| std::io::ErrorKind::OutOfMemory)?;
    let (locked, left) = (Locked::default(), AtomicUsize::new(load.threads));
    let parts: Vec<(u64, usize)> = std::thread::scope(|scope| {
        for (number, stream) in clients.into_iter().enumerate() {
            scope.spawn(move || client::talk(stream, number, load.words));
        }
        let serve = |(index, streams)| {
            let (mesh, locked, left) = (&mesh, &locked, &left);
            scope.spawn(move || match kind {
                Kind::Mesh => {
                    let sharded = Sharded::join(mesh, index, left);
                    server::serve(&sharded, streams);
                    sharded.leave()
                }
                Kind::Mutex => {
                    server::serve(locked, streams);
                    (0, 0) // all of it is in `locked`
                }
            })
        };
        let threads: Vec<_> = seats.into_iter().enumerate().map(serve).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread of the server")).collect()
    });
    let seconds = begin.elapsed().as_secs_f64();
    let of_lock = locked.sum();
    let (total, distinct) = parts.iter().fold(of_lock, |sum, part| (sum.0 + part.0, sum.1 + part.1));
    Ok(Report { total, distinct, rate: (load.connections * load.words) as f64 / seconds })
}
