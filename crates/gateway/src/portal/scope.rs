//! One environment of a merchant, as somebody may see it. Every page below an environment begins
//! here: nothing is looked up that was not asked for through a role, a merchant and an environment.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::people::{Command, Deed, Permission};
use domain::{AccountId, Environment};

use crate::app::App;
use crate::directory::Entry;
use crate::portal::layout::Shell;
use crate::portal::turned::Turned;
use crate::portal::visit::Member;

/// A member within an environment where their merchant has an account.
#[derive(Debug)]
pub struct Scope {
    pub member: Member,
    pub app: Arc<App>,
    pub entry: Arc<Entry>,
}

impl Scope {
    pub fn enter(member: Member, word: &str, permission: Permission) -> Result<Scope, Turned> {
        let words = member.visit.words();
        let environment =
            Environment::parse(word).ok_or_else(|| Turned::not_found(&member.visit))?;
        let shell = || Shell::of(&member, Some(environment));
        if !member.person.membership.role.may(permission) {
            let (title, text) = (words.forbidden_title, words.forbidden_text);
            return Err(Turned::page_in(StatusCode::FORBIDDEN, &shell(), title, text));
        }
        let found = member.visit.door.portal.find(environment).and_then(|app| {
            let merchant_id = &member.person.membership.merchant_id;
            let directory = app.directory();
            let mut entries = directory.entries();
            let entry = entries.find(|entry| entry.account.merchant_id == *merchant_id)?;
            Some((Arc::clone(app), Arc::clone(entry)))
        });
        let Some((app, entry)) = found else {
            let (title, text) = (words.not_open_title, words.not_open_text);
            return Err(Turned::page_in(StatusCode::OK, &shell(), title, text));
        };
        Ok(Scope { member, app, entry })
    }

    pub fn account(&self) -> AccountId {
        self.entry.account.id
    }

    pub fn environment(&self) -> Environment {
        self.app.settings.environment
    }

    pub fn shell(&self) -> Shell {
        Shell::of(&self.member, Some(self.environment()))
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.member.person.membership.role.may(permission)
    }

    /// The path of a page of this environment.
    pub fn path(&self, page: &str) -> String {
        format!("/smart-merchant/{}{page}", self.environment().word())
    }

    /// Notes what is about to be done here. First the log, then the deed: what is done is noted.
    pub async fn record(
        &self,
        action: domain::people::Action,
        detail: String,
    ) -> Result<(), Turned> {
        let deed = Deed { action, environment: Some(self.environment()), detail };
        let command = Command::Record { who: self.member.who(), deed };
        self.member.visit.door.portal.people.submit(command).await?;
        Ok(())
    }
}
