use dacapo::rseq::{self, State};

/// The row that the caller says we are in must be the row we find.
#[test]
fn the_state_is_the_one_this_row_is_about() {
    let state = rseq::init();
    match std::env::var("DACAPO_EXPECT_RSEQ").as_deref() {
        Ok("adopted") => assert_eq!(state, State::Adopted),
        Ok("owned") => assert_eq!(state, State::Owned),
        Ok("unavailable") => assert!(matches!(state, State::Unavailable(_)), "{state:?}"),
        Ok(other) => panic!("no row is called {other}"),
        Err(_) => assert_ne!(state, State::Unknown),
    }
}

#[test]
fn the_current_cpu_follows_every_migration() {
    rseq::init();
    for cpu in support::affinity::allowed() {
        support::affinity::pin(cpu);
        assert_eq!(rseq::current_cpu() as usize, cpu);
    }
}

#[test]
fn a_thread_registers_itself_once_and_may_repeat_it() {
    rseq::init();
    std::thread::spawn(|| {
        let first = rseq::register_current_thread();
        let second = rseq::register_current_thread();
        assert_eq!(first, second);
        match rseq::state() {
            State::Unavailable(errno) => assert_eq!(first, Err(errno)),
            _ => assert_eq!(first, Ok(())),
        }
        assert_eq!(rseq::fields().index() >= 0, first.is_ok());
    })
    .join()
    .unwrap();
}

#[test]
fn an_unregistered_thread_has_a_negative_index_again() {
    if rseq::init() != State::Owned {
        return; // an adopted registration is not ours to end
    }
    std::thread::spawn(|| {
        rseq::register_current_thread().unwrap();
        assert!(rseq::fields().index() >= 0);
        rseq::unregister_current_thread().unwrap();
        assert!(rseq::fields().load(4) < 0, "the kernel resets cpu_id");
        assert!(rseq::fields().index() < 0, "the kernel resets mm_cid to 0, which is somebody's index");
        assert!(rseq::unregister_current_thread().is_err());
    })
    .join()
    .unwrap();
}

#[test]
fn a_forked_child_keeps_the_registration() {
    let state = rseq::init();
    let _ = rseq::register_current_thread();
    let before = rseq::fields().index() >= 0;
    let verdict = support::process::child(|| {
        let same = rseq::state() == state && (rseq::fields().index() >= 0) == before;
        i32::from(!same)
    });
    assert_eq!(verdict, 0);
}
