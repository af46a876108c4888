//! Acts: the HTTP edge and what stands behind it. The binary dgspay is made of it.

pub mod server;
