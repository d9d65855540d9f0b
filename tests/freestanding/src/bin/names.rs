//! Thread names: one's own, another's, too long.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering};

use dacapo::sys::Errno;
use dacapo::sys::futex::{self, Scope};
use dacapo::thread;
use freestanding::check;

static GO: AtomicU32 = AtomicU32::new(0);

dacapo::main!(|_, _| {
    check!(thread::set_name(thread::current(), b"conductor").is_ok());
    check!(thread::name(thread::current()).is_ok_and(|name| name.starts_with(b"conductor\0")));
    check!(thread::set_name(thread::current(), b"sixteen letters!") == Err(Errno::ERANGE));
    let player = thread::Builder::new().name("first violin").spawn(|| {
        let name = thread::name(thread::current());
        while GO.load(Ordering::Relaxed) == 0 {
            let _ = futex::wait(&GO, 0, None, Scope::Private);
        }
        name
    });
    let Ok(player) = player else { freestanding::failed(file!(), line!(), "spawn") };
    let there_is_proc = player.set_name("viola");
    if there_is_proc.is_ok() {
        check!(thread::name(player.thread()).is_ok_and(|name| !name.starts_with(b"conductor")));
    } else {
        check!(there_is_proc == Err(Errno::ENOENT));
    }
    GO.store(1, Ordering::Relaxed);
    futex::wake(&raw const GO, 1, Scope::Private);
    check!(
        player.join().is_ok_and(
            |name| name.is_ok_and(|name| name.starts_with(b"first violin\0") || name.starts_with(b"viola\0"))
        )
    );
});
