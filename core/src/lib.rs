//! What is true without a disk, a clock or a network.
#![doc = include_str!("../README.md")]

pub mod act;
pub mod care;
pub mod deadline;
pub mod document;
pub mod error;
pub mod form;
pub mod household;
pub mod ids;
pub mod incident;
pub mod jpeg;
pub mod patrol;
pub mod photo;
pub mod place;
pub mod power;
pub mod proposal;
pub mod reference;
pub mod registry;
pub mod scan;
pub mod snooze;
pub mod sync;
pub mod text;
pub mod time;
pub mod visit_report;
pub mod voice;
pub mod work_card;
pub mod work_log;
pub mod worker_day;

mod amend;
mod fact;
mod field;
mod schema;
