//! Translates: our own types to and from what others write. No connections, no clock.

pub mod json;
