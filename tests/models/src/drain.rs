//! A CPU's list and the one who takes it away (`src/percpu/stop.rs`): two threads of one CPU push and pop, each preempting the other, and a stopper on
//! another CPU empties the list twice. No object is held twice, and none is lost.

use crate::machine::{Memory, Protocol, explore};

const WORKERS: usize = 2;
const STOPPER: usize = WORKERS;
/// Looks at the end, when all others have ended.
const JUDGE: usize = WORKERS + 1;
const STOPS: u8 = 2;

// The two threads of one CPU share its store buffer; the stopper has the other.
const CPU: usize = 0;
const ELSEWHERE: usize = 1;

// The words: the table's entry (0: the block, 1: the stopped one) and the list, a bit for each object that is in it.
const TABLE: usize = 0;
const LIST: usize = 1;
const WORDS: usize = 2;

/// What the stopper does between taking the block out of the table and editing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fence {
    /// membarrier, the RSEQ kind: stores are visible, sections in flight start over.
    Restarting,
    /// membarrier, the ordinary kind.
    Plain,
    Own,
    Missing,
}

/// When the block goes back into the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Back {
    Last,
    /// Before the list was emptied.
    Early,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Registers {
    at: u8,
    /// Operations done: a worker pushes its object, then pops one.
    done: u8,
    /// Objects in this thread's hands, a bit each.
    hands: u8,
    list: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Model {
    fence: Fence,
    back: Back,
    memory: Memory<WORDS>,
    threads: Vec<Registers>,
}

fn model(fence: Fence, back: Back) -> Result<usize, String> {
    let mut threads = vec![Registers::default(); WORKERS + 1];
    for (number, worker) in threads.iter_mut().enumerate().take(WORKERS) {
        worker.hands = 1 << number;
    }
    explore(Model { fence, back, memory: Memory::new(2), threads })
}

impl Protocol for Model {
    fn threads(&self) -> usize {
        JUDGE + 1
    }

    fn flush(&self, thread: usize) -> Option<Self> {
        let mut next = self.clone();
        (thread <= ELSEWHERE && next.memory.flush_one(thread)).then_some(next)
    }

    fn step(&self, thread: usize) -> Option<Result<Self, String>> {
        let mut next = self.clone();
        let going = match thread {
            JUDGE => return self.judge().map(Err),
            STOPPER => next.stop(),
            _ => next.work(thread),
        };
        match going {
            Ok(true) => Some(Ok(next)),
            Ok(false) => None,
            Err(what) => Some(Err(format!("{what}: {self:?}"))),
        }
    }
}

impl Model {
    fn take(&self, objects: u8) -> Result<(), String> {
        let twice = self.threads.iter().any(|thread| thread.hands & objects != 0);
        if twice { Err(format!("objects {objects:b} are held twice")) } else { Ok(()) }
    }

    /// A worker's next step. Steps 0 to 2 are the section: a restart leads back to 0. A refusal does so too.
    fn work(&mut self, worker: usize) -> Result<bool, String> {
        let mut own = self.threads[worker].clone();
        if own.done == 2 {
            return Ok(false);
        }
        // It runs, so the other one does not: a section that it was in has been aborted.
        self.threads[1 - worker].at = 0;
        own.at += 1;
        match own.at - 1 {
            0 if self.memory.load(CPU, TABLE) == 1 => own.at = 0,
            0 => {}
            1 => own.list = self.memory.load(CPU, LIST),
            _ if own.done == 0 => {
                self.memory.store(CPU, LIST, own.list | 1 << worker);
                own = Registers { done: 1, ..Registers::default() };
            }
            _ => {
                let object = own.list & own.list.wrapping_neg();
                self.take(object)?;
                if object != 0 {
                    self.memory.store(CPU, LIST, own.list & !object);
                }
                own = Registers { done: 2, hands: object, ..Registers::default() };
            }
        }
        self.threads[worker] = own;
        Ok(true)
    }

    /// The stopper's next step.
    fn stop(&mut self) -> Result<bool, String> {
        let mut own = self.threads[STOPPER].clone();
        own.at += 1;
        match own.at - 1 {
            0 if own.done == STOPS => return Ok(false),
            0 => self.memory.store(ELSEWHERE, TABLE, 1),
            1 => match self.fence {
                Fence::Missing => {}
                Fence::Own => self.memory.fence(ELSEWHERE),
                Fence::Plain | Fence::Restarting => {
                    self.memory.fence(CPU);
                    self.memory.fence(ELSEWHERE);
                    if self.fence == Fence::Restarting {
                        self.threads[..WORKERS].iter_mut().for_each(|worker| worker.at = 0);
                    }
                }
            },
            2 => {
                own.list = self.memory.load(ELSEWHERE, LIST);
                self.take(own.list)?;
                own.hands |= own.list;
            }
            3 => self.memory.store(ELSEWHERE, if self.back == Back::Last { LIST } else { TABLE }, 0),
            _ => {
                self.memory.store(ELSEWHERE, if self.back == Back::Last { TABLE } else { LIST }, 0);
                own = Registers { done: own.done + 1, hands: own.hands, ..Registers::default() };
            }
        }
        self.threads[STOPPER] = own;
        Ok(true)
    }

    /// What is wrong at the end.
    fn judge(&self) -> Option<String> {
        let over = self.threads[..WORKERS].iter().all(|worker| worker.done == 2) && self.threads[STOPPER].done == STOPS;
        let mut last = self.clone();
        last.memory.fence(CPU);
        last.memory.fence(ELSEWHERE);
        // Stores that are still on their way may become visible in another order: only the end of all of them counts.
        let quiet = last.memory == self.memory;
        let held = self.threads.iter().fold(0, |held, thread| held | thread.hands);
        let listed = self.memory.load(ELSEWHERE, LIST);
        let whole = held ^ listed == (1 << WORKERS) - 1 && held & listed == 0;
        (over && quiet && !whole).then(|| format!("held {held:b}, in the list {listed:b}: {self:?}"))
    }
}

#[test]
fn a_drain_loses_and_doubles_nothing() {
    println!("{} states", model(Fence::Restarting, Back::Last).unwrap());
}

/// The negative controls.
#[test]
fn without_a_membarrier_that_restarts_sections_an_object_is_lost_or_doubled() {
    for fence in [Fence::Plain, Fence::Own, Fence::Missing] {
        println!("{fence:?}: {}", model(fence, Back::Last).unwrap_err());
    }
}

#[test]
fn a_block_that_goes_back_before_it_is_empty_loses_or_doubles_an_object() {
    println!("{}", model(Fence::Restarting, Back::Early).unwrap_err());
}
