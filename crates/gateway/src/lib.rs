//! Acts: the parts that the `dgspay` binary is put together from.

pub mod egress;
