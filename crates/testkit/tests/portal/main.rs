//! The portal from outside: who gets in, what each may see and do, and that nothing which anybody
//! types is ever more than text.

mod browser;
mod forms;
#[path = "../serve/gateway.rs"]
#[expect(dead_code, reason = "the tests of `serve` use more of it")]
mod gateway;
mod hostile_text;
mod matrix;
mod pages;
mod sessions;
mod settings;
mod sign_in;
mod sign_up;
