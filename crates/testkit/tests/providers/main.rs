//! Connectors against their providers' servers over real HTTP, without the gateway between them.

mod cases;
mod flutterwave;
mod schema;
