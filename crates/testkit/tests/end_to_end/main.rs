//! Payments end to end: a merchant, the gateway as it is built, and the providers' servers over
//! real HTTP. What the gateway says in the end is what the provider's server did.

mod callbacks;
mod campaign;
mod kills;
mod line;
mod scene;
