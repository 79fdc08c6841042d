//! What the parts share: a sandbox where the cluster's tools answer as real ones did, and a terminal.

#[macro_use]
pub mod test;

pub mod answers;
pub mod crowd;
pub mod host;
pub mod screen;

tests! {
    mod answers;
}
