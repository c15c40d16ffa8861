//! The whole product as a program of its own, and the worst that can happen to it: killed at any moment, its
//! disk cache lost, its SMS centre away, a nosy reader at every output, somebody's hand in its store.

mod books;
mod burst;
mod handsets;
mod program;
mod town;
mod trace;

mod desk;
mod erasing;
mod kills;
mod outage;
mod privacy;
mod registered;
mod restoring;
mod synced;
