//! The synthetic district: real names of places, everything else made up from a seed.
//!
//! Nobody in it exists. Its numbers cannot be a subscriber's: mobiles begin with 154, a segment that
//! is not assigned; landlines begin with 0532-1, and no local number begins with 1.

mod care;
pub mod district;
mod facilities;
pub mod helpers;
mod names;
mod numbers;
pub mod pace;
mod people;
mod places;
pub mod residents;
pub mod run;
pub mod sms_centre;
mod stations;
mod totals;
mod volunteers;
