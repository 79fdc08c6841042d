//! Two servers swap their roles, or one takes the place of a dead one: `db promote`.

pub mod alone;
mod checks;
pub mod dead;
pub mod events;
pub mod files;
pub mod others;
mod pair;
pub mod role_swap;
mod roles;
pub mod settled;
pub mod swap;
mod turned;
mod way_back;

pub use pair::SwitchoverPair;
pub use roles::{Request, taken_filter};
