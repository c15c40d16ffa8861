//! The desk's screen: who gets which page, what leaves for whose browser, what a form asks of the desk.

mod administration;
mod bands;
mod board;
mod browser;
mod candidates;
mod care;
mod doors;
mod hands;
mod inbox;
mod institutions;
mod morning;
mod office;
mod own;
mod safety;
mod seats;
mod served;
mod talking;
mod telephones;
mod ticket;
