//! A client that checks what it gets.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::UNDER_WAY;

/// Sends `words` words in batches and checks that each comes back, in order, with a number.
pub fn talk(stream: TcpStream, number: usize, words: usize) {
    let mut replies = BufReader::new(stream.try_clone().expect("a descriptor"));
    let mut stream = stream;
    let mut state = number as u64 + 1;
    let (mut sent, mut reply) = (0, String::new());
    while sent < words {
        let batch: Vec<String> = (0..UNDER_WAY.min(words - sent))
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                format!("word{}", state >> 54)
            })
            .collect();
        stream.write_all((batch.join("\n") + "\n").as_bytes()).expect("the server reads");
        for word in &batch {
            reply.clear();
            replies.read_line(&mut reply).expect("the server answers");
            let (echo, count) = reply.trim_end().split_once(' ').expect("a word and a number");
            assert_eq!(echo, word);
            assert!(count.parse::<u64>().expect("a number") >= 1);
        }
        sent += batch.len();
    }
}
