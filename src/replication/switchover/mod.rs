//! Two servers swap their roles, or one takes the place of a dead one: `db promote`.

pub mod alone;
mod checks;
pub mod dead;
pub mod events;
pub mod files;
pub mod others;
mod pair;
mod roles;
pub mod settled;
pub mod swap;
pub mod terms;
mod turned;
mod way_back;

pub use pair::Pair;
pub use roles::{Request, taken_filter};
