//! Empty: see the manifest. `lua.c` is the interpreter's `main`, `work.lua` the script that the demo runs.
#![no_std]
