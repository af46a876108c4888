//! `/smart-merchant/`: the portal of the merchants' people. Pages made by the server; each works
//! without scripts. It sees both environments, and shows one at a time, named in the path.

mod api_settings;
mod audit_log;
mod confirm;
mod csv;
mod fields;
mod home;
mod layout;
mod passwords;
mod people;
mod profile;
mod scope;
mod sign_in;
mod sign_up;
mod totp;
mod transaction;
mod transactions;
mod turned;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use domain::Environment;

use crate::app::App;
use crate::operator::Operator;
use crate::pages::assets;

pub use passwords::is_fit as is_fit_password;
pub use people::{First, People, PeopleFault};

/// Where everything of it lies.
pub const ROOT: &str = "/smart-merchant/";

/// The portal of a process.
#[derive(Debug)]
pub struct Portal {
    apps: Vec<Arc<App>>,
    people: Arc<People>,
    /// Who opens the accounts of those who sign up; `None` where nobody may.
    sign_up: Option<Arc<Operator>>,
    /// One at a time: what is free is looked up before it is taken.
    sign_up_turn: tokio::sync::Mutex<()>,
}

impl Portal {
    pub fn new(apps: Vec<Arc<App>>, people: Arc<People>, sign_up: Option<Arc<Operator>>) -> Portal {
        Portal { apps, people, sign_up, sign_up_turn: tokio::sync::Mutex::default() }
    }

    fn find(&self, environment: Environment) -> Option<&Arc<App>> {
        self.apps.iter().find(|app| app.settings.environment == environment)
    }
}

/// The portal as one listener serves it.
#[derive(Debug)]
pub struct Door {
    pub portal: Arc<Portal>,
    /// Whose listener it is.
    pub app: Arc<App>,
}

/// To be merged into a router of any state.
pub fn router<S: Clone + Send + Sync + 'static>(door: &Arc<Door>) -> Router<S> {
    Router::new()
        .route("/assets/portal.css", get(assets::portal_styles))
        .route("/assets/portal.js", get(assets::portal_script))
        .route("/smart-merchant/", get(home::start))
        .route("/smart-merchant/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/smart-merchant/sign-in/code", get(sign_in::show_code).post(sign_in::submit_code))
        .route("/smart-merchant/sign-up", get(sign_up::show).post(sign_up::submit))
        .route("/smart-merchant/sign-out", post(sign_in::sign_out))
        .route("/smart-merchant/confirm", get(confirm::show).post(confirm::submit))
        .route("/smart-merchant/language", post(profile::set_language))
        .route("/smart-merchant/profile", get(profile::show))
        .route("/smart-merchant/profile/theme", post(profile::set_theme))
        .route("/smart-merchant/profile/password", post(profile::change_password))
        .route("/smart-merchant/profile/second-factor", post(profile::second_factor))
        .route("/smart-merchant/{environment}", get(home::show))
        .route("/smart-merchant/{environment}/transactions", get(transactions::show))
        .route("/smart-merchant/{environment}/transactions/news", get(transactions::news))
        .route("/smart-merchant/{environment}/transactions.csv", get(csv::export))
        .route("/smart-merchant/{environment}/transactions/{name}", get(transaction::show))
        .route(
            "/smart-merchant/{environment}/transactions/{name}/resend",
            post(transaction::resend),
        )
        .route("/smart-merchant/{environment}/api-settings", get(api_settings::show))
        .route("/smart-merchant/{environment}/api-settings/{action}", post(api_settings::change))
        .route("/smart-merchant/{environment}/audit-log", get(audit_log::show))
        .route("/smart-merchant/{environment}/{page}", get(turned::unknown_page))
        .with_state(Arc::clone(door))
}
