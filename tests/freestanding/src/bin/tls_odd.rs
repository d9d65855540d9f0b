//! Thread-local variables whose size is odd and whose alignment is larger than ours.
#![no_std]
#![no_main]

freestanding::tls_program!(align 256, zeros 13);
