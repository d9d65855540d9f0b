//! Questions to DNS servers and their answers.
//!
//! 1. All questions about a name go to a server at once, over UDP from one socket that is connected to it: its port is the kernel's random choice, datagrams
//!    of other senders do not arrive, and a refusal is known at once. Each has an id from getrandom(2).
//! 2. What came counts if its id, its question and its sender are right. Anything else is passed over, and the wait goes on.
//! 3. An answer that was cut off is asked for again over TCP, of the same server.
//! 4. A server that fails, refuses, or is silent for the time of one attempt is followed by the next; all of them are asked `attempts` times.
//!
//! Signals do not shorten a wait. Source: RFC 1035, 4.2; RFC 5452 (what makes an answer hard to forge).

use super::hosts::Failure;
use super::packet::{self, Answer, Name, QUESTION_MAX, Verdict};
use super::resolv_conf::Configuration;
use crate::start::vdso::clock_gettime;
use crate::sys::socket::{
    self, Address, MSG_NOSIGNAL, POLLIN, POLLOUT, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM,
};
use crate::sys::time::Timespec;
use crate::sys::{Errno, file, random};

const CLOCK_MONOTONIC: i32 = 1;
/// Questions about one name.
const QUESTIONS: usize = 2;
/// Bytes of the longest answer over UDP: we do not say that we take longer ones.
const DATAGRAM: usize = 512;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn free(block: *mut u8);
}

/// What a question came to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// No server answered it.
    Unanswered,
    /// There is no such name.
    NoName,
    /// There is an answer, maybe without records.
    Answered,
}

struct Question {
    id: u16,
    kind: u16,
    outcome: Outcome,
    /// The server that is being asked has failed: not worth waiting for.
    failed: bool,
}

type Take<'a> = &'a mut dyn FnMut(u16, &Answer<'_>);

/// Asks for records of up to two types; `take` gets each answer. What came of the questions, in their order.
///
/// # Errors
/// `System`: there is no socket, no clock or no randomness to be had.
pub fn ask(
    configuration: &Configuration,
    name: &Name,
    kinds: &[u16],
    take: Take<'_>,
) -> Result<[Outcome; QUESTIONS], Failure> {
    let ids = ids().map_err(Failure::System)?;
    let mut all = ids.map(|id| Question { id, kind: 0, outcome: Outcome::NoName, failed: false });
    let questions = &mut all[..kinds.len().min(QUESTIONS)];
    for (question, &kind) in questions.iter_mut().zip(kinds) {
        (question.kind, question.outcome) = (kind, Outcome::Unanswered);
    }
    'all: for _ in 0..configuration.attempts {
        for server in configuration.servers() {
            ask_server(configuration, server, name, questions, take).map_err(Failure::System)?;
            if questions.iter().all(|question| question.outcome != Outcome::Unanswered) {
                break 'all;
            }
        }
    }
    Ok(core::array::from_fn(|at| all[at].outcome))
}

fn ids() -> Result<[u16; QUESTIONS], Errno> {
    let mut noise = [0; 2 * QUESTIONS];
    loop {
        match random::getrandom(&mut noise, 0) {
            Ok(_) => return Ok(core::array::from_fn(|at| u16::from_ne_bytes([noise[2 * at], noise[2 * at + 1]]))),
            Err(Errno::EINTR) => {}
            Err(e) => return Err(e),
        }
    }
}

/// Asks one server what is still unanswered.
fn ask_server(
    configuration: &Configuration,
    server: &Address,
    name: &Name,
    questions: &mut [Question],
    take: Take<'_>,
) -> Result<(), Errno> {
    for question in questions.iter_mut() {
        question.failed = false;
    }
    if configuration.tcp {
        for question in questions.iter_mut().filter(|question| question.outcome == Outcome::Unanswered) {
            over_tcp(configuration, server, name, question, take)?;
        }
        return Ok(());
    }
    let Some(socket) = Socket::to(server, SOCK_DGRAM)? else { return Ok(()) };
    for question in questions.iter().filter(|question| question.outcome == Outcome::Unanswered) {
        let mut text = [0; QUESTION_MAX];
        let len = packet::question(question.id, name, question.kind, &mut text);
        if socket::send(socket.0, &text[..len], MSG_NOSIGNAL).is_err() {
            return Ok(()); // unreachable or refused: the next server
        }
    }
    let deadline = Deadline::after(configuration.timeout)?;
    let mut buffer = [0; DATAGRAM];
    while questions.iter().any(|question| question.outcome == Outcome::Unanswered && !question.failed) {
        if !deadline.wait(socket.0, POLLIN)? {
            break;
        }
        let message = match socket::receive(socket.0, &mut buffer, 0) {
            Ok(len) => buffer.get(..len).unwrap_or_default(),
            Err(Errno::EINTR | Errno::EAGAIN) => continue, // another's, or a bad checksum
            Err(_) => break,
        };
        for question in questions.iter_mut().filter(|question| question.outcome == Outcome::Unanswered) {
            match packet::judge(message, question.id, name, question.kind) {
                Verdict::CutOff => over_tcp(configuration, server, name, question, take)?,
                verdict => settle(question, verdict, take),
            }
        }
    }
    Ok(())
}

fn settle(question: &mut Question, verdict: Verdict<'_>, take: Take<'_>) {
    match verdict {
        Verdict::NotOurs => {}
        Verdict::CutOff | Verdict::Failed => question.failed = true,
        Verdict::NoName => question.outcome = Outcome::NoName,
        Verdict::Here(answer) => {
            question.outcome = Outcome::Answered;
            take(question.kind, &answer);
        }
    }
}

/// Asks one question over a stream, in which each message follows its length in two bytes.
fn over_tcp(
    configuration: &Configuration,
    server: &Address,
    name: &Name,
    question: &mut Question,
    take: Take<'_>,
) -> Result<(), Errno> {
    question.failed = true; // until it is answered
    let deadline = Deadline::after(configuration.timeout)?;
    let Some(socket) = Socket::to(server, SOCK_STREAM)? else { return Ok(()) };
    let mut text = [0; QUESTION_MAX];
    let len = packet::question(question.id, name, question.kind, &mut text);
    let sent =
        send_all(&socket, &(len as u16).to_be_bytes(), &deadline)? && send_all(&socket, &text[..len], &deadline)?;
    let mut size = [0; 2];
    if !sent || !receive_all(&socket, &mut size, &deadline)? {
        return Ok(());
    }
    let size = usize::from(u16::from_be_bytes(size)).max(1);
    // SAFETY: any size will do.
    let block = unsafe { malloc(size) };
    if block.is_null() {
        return Err(Errno::ENOMEM);
    }
    // SAFETY: a fresh block of this size, zeroed before it is a slice; it is ours until it is freed below.
    let message = unsafe {
        block.write_bytes(0, size);
        core::slice::from_raw_parts_mut(block, size)
    };
    let whole = receive_all(&socket, message, &deadline);
    if whole == Ok(true) {
        settle(question, packet::judge(message, question.id, name, question.kind), take);
    }
    // SAFETY: from malloc, and nothing points to it any more: what an answer says was copied.
    unsafe { free(block) };
    whole.map(drop)
}

/// Whether all was sent.
fn send_all(socket: &Socket, mut bytes: &[u8], deadline: &Deadline) -> Result<bool, Errno> {
    while !bytes.is_empty() {
        if !deadline.wait(socket.0, POLLOUT)? {
            return Ok(false);
        }
        match socket::send(socket.0, bytes, MSG_NOSIGNAL) {
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Err(_) => return Ok(false),
        }
    }
    Ok(true)
}

/// Whether the whole buffer was filled.
fn receive_all(socket: &Socket, mut buffer: &mut [u8], deadline: &Deadline) -> Result<bool, Errno> {
    while !buffer.is_empty() {
        if !deadline.wait(socket.0, POLLIN)? {
            return Ok(false);
        }
        match socket::receive(socket.0, buffer, 0) {
            Ok(0) => return Ok(false),
            Ok(n) => buffer = buffer.get_mut(n..).unwrap_or_default(),
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Err(_) => return Ok(false),
        }
    }
    Ok(true)
}

/// A socket that is closed at its end.
struct Socket(i32);

impl Socket {
    /// A socket whose peer is the server, or will be. None: the server cannot be reached from here.
    fn to(server: &Address, kind: u32) -> Result<Option<Self>, Errno> {
        let socket = match socket::socket(server.family(), kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) {
            Ok(fd) => Self(fd),
            Err(Errno::EAFNOSUPPORT) => return Ok(None),
            Err(e) => return Err(e),
        };
        match socket::connect(socket.0, server) {
            Ok(()) | Err(Errno::EINPROGRESS | Errno::EINTR) => Ok(Some(socket)),
            Err(_) => Ok(None),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = file::close(self.0); // what was not sent is of no use
    }
}

struct Deadline(Timespec);

impl Deadline {
    fn after(seconds: u32) -> Result<Self, Errno> {
        let now = clock_gettime(CLOCK_MONOTONIC)?;
        Ok(Self(Timespec { seconds: now.seconds + i64::from(seconds), ..now }))
    }

    /// Whether the socket became ready, or has an error to tell, before the time was over.
    fn wait(&self, fd: i32, events: i16) -> Result<bool, Errno> {
        loop {
            let now = clock_gettime(CLOCK_MONOTONIC)?;
            if now >= self.0 {
                return Ok(false);
            }
            let mut left = Timespec { seconds: self.0.seconds - now.seconds, nanos: self.0.nanos - now.nanos };
            if left.nanos < 0 {
                left = Timespec { seconds: left.seconds - 1, nanos: left.nanos + 1_000_000_000 };
            }
            match socket::wait(fd, events, left) {
                Err(Errno::EINTR) => {}
                done => return done,
            }
        }
    }
}
