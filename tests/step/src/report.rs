//! What a run says: libtest's lines, so that x.py reads them, and a table.

use std::io::Write;
use std::sync::atomic::{AtomicPtr, Ordering};

/// What stepping one section, or one function of the heap, came to.
#[derive(Default)]
pub struct Report {
    pub boundaries: usize,
    pub reached: usize,
    /// Kinds of interference.
    pub interferences: usize,
    pub aborts: usize,
    /// Stops outside the section, where nothing may be aborted.
    pub passes: usize,
    pub failures: Vec<String>,
}

#[derive(Default)]
pub struct Verdicts {
    passed: usize,
    failed: usize,
    ignored: usize,
    sections: usize,
    boundaries: usize,
    reached: usize,
    aborts: usize,
}

/// Signals by which a section that is wrong ends a program.
pub const CRASHES: [i32; 3] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL];

/// What is to be said if the test that runs now crashes.
static LAST_WORDS: AtomicPtr<String> = AtomicPtr::new(std::ptr::null_mut());

extern "C" fn on_crash(signal: i32) {
    let words = LAST_WORDS.load(Ordering::Relaxed); // Relaxed: set by this thread
    // SAFETY: a leaked String, or null; the rest is async-signal-safe.
    unsafe {
        if !words.is_null() {
            let words = &*words;
            libc::write(1, words.as_ptr().cast(), words.len());
        }
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

/// From now on a crash is that test's failure, said in its name before the program ends by it.
pub fn watch(name: &str) {
    let words = format!("test {name} ... FAILED\n---- {name} stdout ----\na crash ends the program here\n");
    LAST_WORDS.store(Box::leak(Box::new(words)), Ordering::Relaxed);
    for crash in CRASHES {
        // SAFETY: the handler only says something and repeats the signal.
        unsafe { libc::signal(crash, on_crash as *const () as usize) };
    }
}

/// Prints past any capture, line by line.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

impl Verdicts {
    pub fn ignored(&mut self, name: &str, reason: &str) {
        say(&format!("test {name} ... ignored, {reason}"));
        self.ignored += 1;
    }

    /// One test's end; `failures` say what is wrong, the first ones are printed.
    pub fn test(&mut self, name: &str, failures: &[String]) {
        say(&format!("test {name} ... {}", if failures.is_empty() { "ok" } else { "FAILED" }));
        if failures.is_empty() {
            self.passed += 1;
            return;
        }
        self.failed += 1;
        say(&format!("---- {name} stdout ----"));
        failures.iter().take(5).for_each(|failure| say(failure));
    }

    /// One section's end, with its line of the table.
    pub fn section(&mut self, name: &str, mut report: Report) {
        say(&format!(
            "{name:30} {:2} boundaries, {:2} reached x {:2} interferences: {:5} aborts forced, {:3} outside and none aborted; {} wrong",
            report.boundaries,
            report.reached,
            report.interferences,
            report.aborts,
            report.passes,
            report.failures.len()
        ));
        self.sections += 1;
        self.boundaries += report.boundaries;
        self.reached += report.reached;
        self.aborts += report.aborts;
        if report.reached != report.boundaries {
            report.failures.push(format!("{} of {} boundaries reached", report.reached, report.boundaries));
        }
        if report.passes == 0 {
            report.failures.push(String::from("never stopped outside the section"));
        }
        self.test(name, &report.failures);
    }

    /// Everything counted so far, as words for [`Verdicts::add`].
    pub fn sums(&self) -> String {
        let counts =
            [self.passed, self.failed, self.ignored, self.sections, self.boundaries, self.reached, self.aborts];
        counts.map(|count| count.to_string()).join(" ")
    }

    /// Takes over what another process counted.
    pub fn add(&mut self, sums: &str) {
        let counts = [
            &mut self.passed,
            &mut self.failed,
            &mut self.ignored,
            &mut self.sections,
            &mut self.boundaries,
            &mut self.reached,
            &mut self.aborts,
        ];
        sums.split(' ').zip(counts).for_each(|(word, count)| *count += word.parse::<usize>().unwrap_or(0));
    }

    /// Prints the sums and libtest's closing line; the exit code.
    pub fn end(&self, how: &str) -> i32 {
        if self.sections > 0 {
            say(&format!(
                "{} sections, {} of {} boundaries reached, {} aborts forced, by {how}",
                self.sections, self.reached, self.boundaries, self.aborts
            ));
        }
        let verdict = if self.failed == 0 { "ok" } else { "FAILED" };
        say(&format!(
            "\ntest result: {verdict}. {} passed; {} failed; {} ignored; 0 measured; 0 filtered out",
            self.passed, self.failed, self.ignored
        ));
        i32::from(self.failed > 0)
    }
}
