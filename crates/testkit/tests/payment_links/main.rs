//! Payment links, from outside: made and changed by a merchant, paid by strangers through the page
//! or by JSON, never beyond what the link allows.

mod calls;
mod changes;
mod merchant;
mod page;
mod payers;
mod race;
mod scripts;
mod transfer_page;
mod transfers;
