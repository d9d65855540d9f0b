//! pwd.h and grp.h: users from /etc/passwd, groups from /etc/group.
//!
//! ```text
//!   getpwnam --> user::parse    <-- file::Records: one line after the other, however long, in a block of the heap
//!   getgrnam --> group::parse   <--
//! ```
//! 1. A file is read anew in every search: nothing is kept between calls but an enumeration's place and the answers of the functions without a buffer.
//! 2. A line that is no entry is passed over, and so are those that begin with `+` or `-`, which NIS had. An absent file has no entries.
//! 3. Not found is a null and no error: errno stays as it was.
//! 4. The functions with a buffer of the caller's, getgrouplist and initgroups are safe to call from many threads. None is async-signal-safe.
//! 5. Not here: nsswitch.conf and its modules, passwords in /etc/shadow.

mod answer;
mod file;
mod group;
mod membership;
mod user;
