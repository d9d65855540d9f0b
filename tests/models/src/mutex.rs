//! The library's lock over loom's.

use std::ops::{Deref, DerefMut};

use crate::fence;

/// The library's lock has no poison. Who sleeps for it has passed a fence, as in the library.
#[derive(Debug)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

pub struct Guard<'a, T>(loom::sync::MutexGuard<'a, T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> Guard<'_, T> {
        fence::stop();
        let guard = self.0.lock().expect("no panic");
        fence::run();
        Guard(guard)
    }

    pub fn try_lock(&self) -> Option<Guard<'_, T>> {
        self.0.try_lock().ok().map(Guard)
    }

    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().expect("no panic")
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
