//! What the manuals of others show their users: each scenario there once here, in words and code of our own. The tests of the parts are in the folders of the parts.

mod liburcu;
mod seastar;
