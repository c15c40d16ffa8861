//! What the store promises: remembered means on the disk, one wrong row harms nobody else, history cannot be bent.

mod archive;
mod backup;
mod care;
mod chain;
mod commit;
mod crash;
mod desk;
mod devices;
mod erase;
mod golden;
mod journalled;
mod phones;
mod records;
mod rows;
mod samples;
mod schema;
mod texts;
