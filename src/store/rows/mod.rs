//! One file an entity: how it is put into its columns and read back, and what must hold of it both ways.

pub mod area;
pub mod assignment;
pub mod call;
pub mod callback;
pub mod care;
pub mod device;
pub mod facility;
pub mod inbox;
pub mod mark;
pub mod offer;
pub mod operator;
pub mod person;
pub mod recording;
pub mod station;
pub mod survey;
pub mod task_notice;
pub mod text;
pub mod ticket;
pub mod volunteer;
pub mod work_item;
