//! What a developer has at hand, from outside: the feed of events, the commands `listen`,
//! `trigger` and `events`, and the samples that check a signature.
#![expect(
    clippy::disallowed_methods,
    reason = "deadlines here are of the world outside: no clock of the App is in reach"
)]

mod desk;
mod event;
mod feed;
mod kills;
mod listen;
mod samples;
mod trigger;
