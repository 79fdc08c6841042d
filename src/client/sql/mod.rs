//! As much of MariaDB's protocol as a probe speaks: a login with a password, a statement, and its answer.
//!
//! A client program takes 15 ms to start, and gives up after whole seconds; who asks 20 times a second cannot begin
//! with one. The protocol is that of mariadb.com/kb/en/clientserver-protocol, seen with 10.11 and 11.8.

mod connection;
mod packet;

pub use connection::{Connection, Trouble};
