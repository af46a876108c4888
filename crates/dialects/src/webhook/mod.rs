//! How a webhook is signed, and what a receiver's answer means.

mod dgs;

pub use dgs::{WebhookSecret, read_answer, sign};
