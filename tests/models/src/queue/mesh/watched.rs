//! A cell whose every look is one that loom knows of: who takes the address is about to use it.

pub use std::cell::Cell;

use crate::fence::interrupt;

#[derive(Debug)]
pub struct UnsafeCell<T>(loom::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub fn new(value: T) -> Self {
        Self(loom::cell::UnsafeCell::new(value))
    }

    pub fn get(&self) -> *mut T {
        interrupt();
        self.0.with_mut(|place| place)
    }
}
