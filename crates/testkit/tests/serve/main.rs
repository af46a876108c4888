//! `dgspay serve`, from outside: its file of settings, its operator's listener, and that its
//! environments have nothing to do with each other.

mod configuration;
mod deposits;
mod gateway;
mod live;
mod look_ups;
mod operator;
mod providers;
mod reconcile;
mod test_environment;
