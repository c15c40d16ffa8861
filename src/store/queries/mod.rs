//! What the screens read: one file a page. Each query takes the connection that [`super::Store::read`] lends.

pub mod care;
pub mod case;
pub mod inbox;
pub mod institutions;
pub mod live;
pub mod marks;
pub mod matching;
pub mod operators;
pub mod places;
pub mod register;
pub mod tickets;
pub mod totals;
