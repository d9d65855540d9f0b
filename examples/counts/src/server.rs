//! One thread of the server: its connections, and whoever rings.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;

use dacapo::sys::{descriptor, file};

use crate::count::{Counting, Word};

struct Connection<P> {
    stream: TcpStream,
    /// Read, and not a whole line yet.
    input: Vec<u8>,
    /// Words whose numbers are on their way, in order.
    pending: VecDeque<(Word, P)>,
    /// To be written.
    output: Vec<u8>,
    /// The client has sent everything.
    ended: bool,
}

impl<P> Connection<P> {
    /// Reads what is there and counts each word; whether there was something.
    fn read<'a, C: Counting<Pending<'a> = P>>(&mut self, counting: &'a C) -> bool {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.ended = true,
            Ok(bytes) => self.input.extend_from_slice(&buffer[..bytes]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(_) => self.ended = true,
        }
        while let Some(end) = self.input.iter().position(|&byte| byte == b'\n') {
            let mut word: Word = [0; 32];
            let line = &self.input[..end.min(word.len())];
            word[..line.len()].copy_from_slice(line);
            self.input.drain(..=end);
            self.pending.push_back((word, counting.count(word)));
        }
        true
    }

    /// Writes the numbers that have come, in order; whether there was something.
    fn write<'a, C: Counting<Pending<'a> = P>>(&mut self, counting: &'a C) -> bool {
        let before = self.output.len();
        while self.pending.front().is_some_and(|(_, pending)| counting.is_ready(pending)) {
            let Some((word, pending)) = self.pending.pop_front() else { break };
            let len = word.iter().position(|&byte| byte == 0).unwrap_or(word.len());
            self.output.extend_from_slice(&word[..len]);
            self.output.extend_from_slice(format!(" {}\n", counting.take(pending)).as_bytes());
        }
        let came = self.output.len() > before;
        match self.stream.write(&self.output) {
            Ok(bytes) => drop(self.output.drain(..bytes)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.output.clear(), // nobody reads it any more
        }
        came
    }
}

/// Serves the connections until all have ended.
pub fn serve<C: Counting>(counting: &C, streams: Vec<TcpStream>) {
    let bell = descriptor::eventfd(0, (libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) as u32).expect("a descriptor");
    let mut connections: Vec<_> = streams
        .into_iter()
        .map(|stream| {
            stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true)).expect("a socket");
            Connection { stream, input: Vec::new(), pending: VecDeque::new(), output: Vec::new(), ended: false }
        })
        .collect();
    while !connections.is_empty() {
        counting.serve();
        let mut busy = false;
        for connection in &mut connections {
            busy |= !connection.ended && connection.read(counting);
            busy |= connection.write(counting);
        }
        connections
            .retain(|connection| !(connection.ended && connection.pending.is_empty() && connection.output.is_empty()));
        if !busy && !connections.is_empty() && counting.may_sleep(bell) {
            sleep(bell, &connections);
            counting.wake_up();
        }
    }
    let _ = file::close(bell); // ours, and nobody rings it: the thread does not say any more that it sleeps there
}

/// Until a socket or the bell has something.
fn sleep<P>(bell: i32, connections: &[Connection<P>]) {
    let wanted = |fd, events| libc::pollfd { fd, events, revents: 0 };
    let mut descriptors: Vec<_> = connections
        .iter()
        .map(|connection| {
            let input = if connection.ended { 0 } else { libc::POLLIN };
            let output = if connection.output.is_empty() { 0 } else { libc::POLLOUT };
            wanted(connection.stream.as_raw_fd(), input | output)
        })
        .chain([wanted(bell, libc::POLLIN)])
        .collect();
    // SAFETY: an array of that length.
    unsafe { libc::poll(descriptors.as_mut_ptr(), descriptors.len() as libc::nfds_t, -1) };
    let _ = file::read(bell, &mut [0; 8]); // EAGAIN: it was a socket
}
