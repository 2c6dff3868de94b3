//! From trees to a resolved register: names become ids, defaults are filled in, places are kept.

mod arena;
pub mod model;

pub use arena::{Arena, Id};
pub use model::Register;
mod load;
pub use load::{Loaded, load};
