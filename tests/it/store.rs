//! What the store promises: remembered means on the disk, one wrong row harms nobody else, history cannot be bent.

mod commit;
mod rows;
mod samples;
mod schema;
