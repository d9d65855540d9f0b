//! Thread-local variables beyond what .bss has room for: the main thread's area is mapped.
#![no_std]
#![no_main]

freestanding::tls_program!(align 64, zeros 20000);
