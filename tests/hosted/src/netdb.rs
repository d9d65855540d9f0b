//! The libc's DNS messages, which need neither libc nor kernel: the same source, built here, with its arithmetic checked.

#[path = "../../../src/libc/netdb/packet.rs"]
mod packet;

use packet::{A, AAAA, CNAME, Name, PTR, QUESTION_MAX, Verdict, judge, question};

const ID: u16 = 0x1234;

fn name(text: &str) -> Name {
    Name::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text} is a name"))
}

fn text(name: &Name) -> Option<String> {
    let mut bytes = [0; Name::MAX];
    let len = name.host_name(&mut bytes)?;
    Some(String::from_utf8(bytes[..len].to_vec()).unwrap())
}

/// A message that begins as the question does, with the answer's flags and count, and then goes on with `records`.
fn answer(name: &Name, kind: u16, count: u16, records: &[u8]) -> Vec<u8> {
    let mut bytes = [0; QUESTION_MAX];
    let len = question(ID, name, kind, &mut bytes);
    let mut message = bytes[..len].to_vec();
    message[2..4].copy_from_slice(&[0x81, 0x80]);
    message[6..8].copy_from_slice(&count.to_be_bytes());
    message.extend_from_slice(records);
    message
}

/// A record whose owner is the question's name.
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut record = vec![0xc0, 12, 0, kind as u8, 0, 1, 0, 0, 0, 60];
    record.extend_from_slice(&(data.len() as u16).to_be_bytes());
    record.extend_from_slice(data);
    record
}

/// What is in an answer: (verdict, addresses, the name in the end).
fn contents(message: &[u8], asked: &Name, kind: u16) -> (&'static str, Vec<Vec<u8>>, Option<String>) {
    match judge(message, ID, asked, kind) {
        Verdict::NotOurs => ("not ours", vec![], None),
        Verdict::CutOff => ("cut off", vec![], None),
        Verdict::NoName => ("no name", vec![], None),
        Verdict::Failed => ("failed", vec![], None),
        Verdict::Here(answer) => (
            "here",
            answer.data(kind).map(<[u8]>::to_vec).collect(),
            text(&answer.first_name(PTR).unwrap_or(answer.name)),
        ),
    }
}

#[test]
fn names_are_what_rfc_1035_lets_them_be() {
    let (label, longer) = ("a".repeat(63), "a".repeat(64));
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    for good in ["a", "a.b", "a.b.", "_tcp.x-y.Z9", &label, &longest] {
        assert_eq!(text(&name(good)).as_deref(), Some(good.strip_suffix('.').unwrap_or(good)));
    }
    for bad in ["", ".", "..", "a..b", ".a", "a..", &longer, &format!("{longest}a"), &format!("{longest}.a")] {
        assert!(Name::parse(bad.as_bytes()).is_none(), "{bad}");
    }
    for no_host in ["a b", "a\0b", "-a", "b.-a", "a/b", "a@b", "ä", "a\\.b", "*"] {
        assert_eq!(text(&name(no_host)), None, "{no_host:?}");
    }
    assert!(name("Ab.C").is(&name("aB.c.")) && !name("ab.c").is(&name("abc")) && !name("a.b").is(&name("a.b.c")));
}

#[test]
fn an_answer_is_taken_for_what_it_is() {
    let asked = name("www.example");
    let address = record(A, &[192, 0, 2, 1]);
    let good = answer(&asked, A, 1, &address);
    assert_eq!(contents(&good, &asked, A), ("here", vec![vec![192, 0, 2, 1]], Some("www.example".into())));
    assert_eq!(contents(&good, &name("WWW.Example"), A).0, "here");
    assert_eq!(contents(&good, &asked, AAAA).0, "not ours");
    assert_eq!(contents(&good, &name("www.examplf"), A).0, "not ours");
    let changed = |at: usize, to: u8| {
        let mut message = good.clone();
        message[at] = to;
        contents(&message, &asked, A).0
    };
    assert_eq!([changed(0, 0x13), changed(1, 0x35), changed(2, 0x01), changed(2, 0x89)], ["not ours"; 4]);
    assert_eq!([changed(2, 0x83), changed(3, 0x83)], ["cut off", "no name"]);
    assert_eq!([changed(3, 0x81), changed(3, 0x82), changed(3, 0x85), changed(7, 2)], ["failed"; 4]);
    assert_eq!([changed(5, 0), changed(5, 2), changed(7, 0)], ["not ours", "not ours", "here"]);
    // An alias, the address of what it leads to, and of something else.
    let mut records = record(CNAME, b"\x04real\xc0\x10");
    for (owner, last) in [(&b"\x04real\xc0\x10"[..], 7), (b"\x04evil\xc0\x10", 66)] {
        records.extend_from_slice(owner);
        records.extend_from_slice(&[0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, last]);
    }
    let aliased = answer(&asked, A, 3, &records);
    assert_eq!(contents(&aliased, &asked, A), ("here", vec![vec![192, 0, 2, 7]], Some("real.example".into())));
}

#[test]
fn no_beginning_of_an_answer_is_one() {
    let asked = name("www.example");
    let whole = answer(&asked, AAAA, 2, &[record(CNAME, b"\x01x\xc0\x10"), record(AAAA, &[7; 16])].concat());
    assert_eq!(contents(&whole, &asked, AAAA).0, "here");
    for len in 0..whole.len() {
        assert!(
            matches!(contents(&whole[..len], &asked, AAAA).0, "not ours" | "failed"),
            "{len} bytes of {}",
            whole.len()
        );
    }
}

#[test]
fn compression_that_does_not_lead_back_is_an_error() {
    let asked = name("www.example");
    let end = answer(&asked, A, 0, &[]).len() as u8;
    let tail = [0, 1, 0, 1, 0, 0, 0, 60, 0, 0];
    for owner in [
        vec![0xc0, end],                // itself
        vec![0xc0, end + 2, 0xc0, end], // forward, and back
        vec![1, b'a', 0xc0, end],       // a label, and again
        vec![0xff, 0xff],               // behind the end
        vec![0xc0],                     // half a pointer, and more behind it
        vec![0x40, 0],
        vec![0x80, 0], // lengths that mean nothing
    ] {
        let message = answer(&asked, A, 1, &[&owner[..], &tail].concat());
        assert_eq!(contents(&message, &asked, A).0, "failed", "{owner:02x?}");
    }
}

#[test]
fn no_change_of_an_answer_leads_out_of_it() {
    let asked = name("www.example");
    let bases = [
        (A, answer(&asked, A, 2, &[record(A, &[192, 0, 2, 1]), record(A, &[192, 0, 2, 2])].concat())),
        (A, answer(&asked, A, 2, &[record(CNAME, b"\x04real\xc0\x10"), record(A, &[1, 2, 3, 4])].concat())),
        (PTR, answer(&asked, PTR, 1, &record(PTR, b"\x04host\xc0\x10"))),
        (
            A,
            answer(
                &asked,
                A,
                9,
                &(0..9).flat_map(|to| record(CNAME, &[1, b'a' + to, 0xc0, 12 + to])).collect::<Vec<_>>(),
            ),
        ),
    ];
    let seed = std::env::var("DACAPO_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_u64);
    println!("DACAPO_SEED={seed}");
    let mut state = seed;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut seen = std::collections::HashMap::new();
    for _ in 0..400_000 {
        let (kind, base) = &bases[next(bases.len())];
        let mut message = base.clone();
        for _ in 0..=next(6) {
            // Mostly behind the question: what is before it decides early.
            let from = if next(8) == 0 { 0 } else { 29 };
            let at = from + next(message.len() - from);
            message[at] = [next(256) as u8, 0xc0, 12, 0, 63, 255][next(6)];
        }
        message.truncate(if next(4) == 0 { next(message.len() + 1) } else { message.len() });
        *seen.entry(contents(&message, &asked, *kind).0).or_insert(0) += 1;
    }
    println!("{seen:?}");
    assert!(["here", "failed", "not ours"].iter().all(|verdict| seen.get(verdict) > Some(&1000)), "{seen:?}");
}
