//! Thread-local variables of page alignment: every thread's copy is aligned.
#![no_std]
#![no_main]

freestanding::tls_program!(align 4096, zeros 24);
