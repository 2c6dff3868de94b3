//! From trees to a resolved register: names become ids, defaults are filled in, places are kept.

mod arena;
mod findings;
pub mod grammar;
mod includes;
mod messages;
pub mod model;
mod read;
mod resolve;
mod rules;
pub mod suggest;
mod validate;
mod wording;

pub use arena::{Arena, Id};
pub use messages::{Messages, messages};
pub use model::Register;
pub use rules::{RULES, ResolvingRule};
mod load;
pub use load::{LOCK_FOLDER, Loaded, ReadFailure, load};
