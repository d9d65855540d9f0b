//! Thread-local variables of a small program: initial values and zeros in every thread, in the area in .bss for the main thread.
#![no_std]
#![no_main]

freestanding::tls_program!(align 16, zeros 24);
