//! pthread_attr_*: how a thread is to be made.

use core::ffi::{c_int, c_void};

use super::code;
use crate::sys::Errno;
use crate::thread::{DEFAULT_STACK, Options};

/// `pthread_attr_t`; glibc's is 56 bytes on x86-64 and 64 on AArch64.
#[repr(C)]
pub struct Attributes {
    pub(super) stack_size: usize,
    pub(super) guard_size: usize,
    /// Memory of the caller's for the stack, or null.
    pub(super) stack_low: *mut u8,
    pub(super) detached: c_int,
    pub(super) explicit: c_int,
    pub(super) policy: c_int,
    pub(super) priority: c_int,
}

const _: () = assert!(size_of::<Attributes>() <= 56);

/// PTHREAD_STACK_MIN: the least that limits.h promises to accept.
const SMALLEST_STACK: usize = 16384;

impl Attributes {
    pub(super) const DEFAULT: Attributes = Attributes {
        stack_size: DEFAULT_STACK,
        guard_size: 4096,
        stack_low: core::ptr::null_mut(),
        detached: 0,
        explicit: 0,
        policy: 0,
        priority: 0,
    };

    /// ENOTSUP: a scheduling policy of its own: give it with pthread_setschedparam once the thread runs.
    pub(super) fn options(&self) -> Result<Options, Errno> {
        if self.explicit != 0 && (self.policy != 0 || self.priority != 0) {
            return Err(Errno::EOPNOTSUPP);
        }
        Ok(Options {
            stack_size: self.stack_size,
            guard_size: self.guard_size,
            stack: (!self.stack_low.is_null()).then_some((self.stack_low, self.stack_size)),
            detached: self.detached != 0,
            mask: None,
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_attr_init(attributes: *mut Attributes) -> c_int {
    attributes.write(Attributes::DEFAULT);
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_attr_destroy(_attributes: *mut Attributes) -> c_int {
    0
}

/// A field that takes one of a few numbers.
macro_rules! choice {
    ($set:ident, $get:ident, $field:ident, $range:pat) => {
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $set(attributes: *mut Attributes, value: c_int) -> c_int {
            match value {
                $range => (*attributes).$field = value,
                _ => return code(Err(Errno::EINVAL)),
            }
            0
        }
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $get(attributes: *const Attributes, value: *mut c_int) -> c_int {
            *value = (*attributes).$field;
            0
        }
    };
}
choice!(pthread_attr_setdetachstate, pthread_attr_getdetachstate, detached, 0..=1);
choice!(pthread_attr_setinheritsched, pthread_attr_getinheritsched, explicit, 0..=1);
choice!(pthread_attr_setschedpolicy, pthread_attr_getschedpolicy, policy, 0..=2);

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_attr_setschedparam(attributes: *mut Attributes, priority: *const c_int) -> c_int {
    let most = if (*attributes).policy == 0 { 0 } else { 99 };
    if !(0..=most).contains(&*priority) {
        return code(Err(Errno::EINVAL));
    }
    (*attributes).priority = *priority;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_attr_getschedparam(attributes: *const Attributes, priority: *mut c_int) -> c_int {
    *priority = (*attributes).priority;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_attr_setscope(_attributes: *mut Attributes, scope: c_int) -> c_int {
    match scope {
        0 => 0,
        1 => code(Err(Errno::EOPNOTSUPP)), // PTHREAD_SCOPE_PROCESS: Linux schedules every thread by itself
        _ => code(Err(Errno::EINVAL)),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_attr_getscope(_attributes: *const Attributes, scope: *mut c_int) -> c_int {
    *scope = 0;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_attr_setstacksize(attributes: *mut Attributes, size: usize) -> c_int {
    if size < SMALLEST_STACK {
        return code(Err(Errno::EINVAL));
    }
    (*attributes).stack_size = size;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_attr_getstacksize(attributes: *const Attributes, size: *mut usize) -> c_int {
    *size = (*attributes).stack_size;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_attr_setguardsize(attributes: *mut Attributes, size: usize) -> c_int {
    (*attributes).guard_size = size;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_attr_getguardsize(attributes: *const Attributes, size: *mut usize) -> c_int {
    *size = (*attributes).guard_size;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_attr_setstack(attributes: *mut Attributes, low: *mut c_void, size: usize) -> c_int {
    if size < SMALLEST_STACK {
        return code(Err(Errno::EINVAL));
    }
    (*attributes).stack_low = low.cast();
    (*attributes).stack_size = size;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_attr_getstack(
    attributes: *const Attributes,
    low: *mut *mut c_void,
    size: *mut usize,
) -> c_int {
    *low = (*attributes).stack_low.cast();
    *size = (*attributes).stack_size;
    0
}
