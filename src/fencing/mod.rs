//! Fencing: what can switch a node off, where its password lies, how it is tried before anything rests on
//! it, and when fencing as a whole may be turned on.
//!
//! An agent is a program that reads `name=value` lines; Pacemaker runs it with the parameters of a fence
//! device, which is a primitive of class `stonith`. What a device cannot do is found out too late
//! otherwise: one with a wrong password is `Stopped` and the cluster runs on as if nothing were, until a
//! node is lost and its services wait for ever (seen on Debian 12 and 13).

pub mod agent;
pub mod device;
pub mod enabling;
pub mod machine;
pub mod proven;
pub mod question;
pub mod secret;
