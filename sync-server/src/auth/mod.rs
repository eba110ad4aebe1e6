//! Who is there: phones here, people of the console in a file of their own.

pub mod device;
pub mod enrol;
pub mod password;
pub mod scope;
pub mod session;
