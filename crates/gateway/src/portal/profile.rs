//! What somebody sets for themselves: language, colours, password, second factor.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::people::{Answer, Command, Gate, Refusal, Stage, Who};
use store::people::{PeopleError, count_recovery_codes};

use crate::pages::{Language, see_other};
use crate::portal::fields::{FORM_TOKEN, MemberForm, OpenForm};
use crate::portal::layout::{self, Shell};
use crate::portal::passwords::is_fit;
use crate::portal::people::{fresh_token, hash_token};
use crate::portal::turned::Turned;
use crate::portal::visit::{Member, safe_next, with_language, with_session};
use crate::portal::{Door, ROOT, totp};
use crate::secrets::SecretText;

const PROFILE: &str = "/smart-merchant/profile";

#[derive(Template)]
#[template(path = "portal/profile.html")]
struct Profile<'a> {
    shell: &'a Shell,
    role: &'static str,
    password_fault: Option<&'static str>,
    password_changed: bool,
    second_factor: SecondFactor,
    code_fault: Option<&'static str>,
}

enum SecondFactor {
    Off,
    Offered { secret: SecretText, side: i32, path: String },
    JustOn { codes: Vec<SecretText> },
    On { codes_left: i64 },
}

/// What a page says beyond what is stored.
#[derive(Default)]
struct News {
    password_fault: Option<&'static str>,
    password_changed: bool,
    code_fault: Option<&'static str>,
    codes: Vec<SecretText>,
}

pub async fn show(member: Member) -> Result<Response, Turned> {
    profile_page(&member, StatusCode::OK, News::default()).await
}

async fn profile_page(member: &Member, status: StatusCode, news: News) -> Result<Response, Turned> {
    let people = &member.visit.door.portal.people;
    let user = &member.person.user;
    let second_factor = if !news.codes.is_empty() {
        SecondFactor::JustOn { codes: news.codes }
    } else if user.totp.enabled_at.is_some() {
        let id = user.id;
        let count = people.database.read(move |reader| count_recovery_codes(reader, id)).await?;
        SecondFactor::On { codes_left: count }
    } else if !user.totp.sealed.is_empty() && member.is_confirmed() {
        let secret = people.open_totp(user)?;
        let (side, path) = totp::picture(&totp::uri(&secret, &user.email)).unwrap_or_default();
        SecondFactor::Offered { secret, side, path }
    } else {
        SecondFactor::Off
    };
    let shell = Shell { here: PROFILE.to_owned(), ..Shell::of(member, None) };
    let words = member.visit.words();
    let shown = Profile {
        shell: &shell,
        role: (words.role)(member.person.membership.role),
        password_fault: news.password_fault,
        password_changed: news.password_changed,
        second_factor,
        code_fault: news.code_fault,
    };
    Ok(layout::show(status, &shown))
}

/// Of everybody: kept in the profile of who is signed in, and in a cookie of who is not.
pub async fn set_language(
    State(door): State<Arc<Door>>,
    form: OpenForm,
) -> Result<Response, Turned> {
    let OpenForm { visit, fields } = form;
    let next = safe_next(fields.text("next")).unwrap_or(ROOT);
    let Some(language) = Language::parse(fields.text("language")) else {
        return Err(Turned::not_found(&visit));
    };
    let signed_in = visit.known.as_ref().filter(|(session, _)| session.stage == Stage::SignedIn);
    if let Some((session, _)) = signed_in {
        if fields.text(FORM_TOKEN) != door.portal.people.form_token(session) {
            return Err(Turned::cross_site(&visit));
        }
        let (user, address) = (session.user, visit.address.clone());
        let who = Who { user, session: session.token, address };
        let language = language.texts().code.to_owned();
        door.portal.people.submit(Command::SetLanguage { who, language }).await?;
    }
    Ok(with_language(&door, language, see_other(next)))
}

pub async fn set_theme(
    State(door): State<Arc<Door>>,
    form: MemberForm,
) -> Result<Response, Turned> {
    let MemberForm { member, fields } = form;
    let theme = match fields.text("theme") {
        theme @ ("light" | "dark") => theme.to_owned(),
        _ => String::new(),
    };
    door.portal.people.submit(Command::SetTheme { who: member.who(), theme }).await?;
    Ok(see_other(PROFILE))
}

pub async fn change_password(
    State(door): State<Arc<Door>>,
    form: MemberForm,
) -> Result<Response, Turned> {
    let MemberForm { member, fields } = form;
    let people = &door.portal.people;
    let words = member.visit.words();
    let wrong = |status, fault| {
        profile_page(&member, status, News { password_fault: Some(fault), ..News::default() })
    };
    let user = &member.person.user;
    let new = fields.secret("new_password");
    if !is_fit(&new, &user.email) {
        return wrong(StatusCode::BAD_REQUEST, words.password_fault).await;
    }
    if people.opens_at(Gate::Confirm(user.id)).await?.is_some() {
        return wrong(StatusCode::TOO_MANY_REQUESTS, words.too_many_text).await;
    }
    let old = fields.secret("password");
    let is_right = people.passwords.is_right(old, Some(user.password.clone())).await?;
    let password = if is_right { Some(people.passwords.hash(new).await?) } else { None };
    let (token, hash) = fresh_token()?;
    let command = Command::ChangePassword { who: member.who(), password, token: hash };
    match people.submit(command).await {
        Ok(Answer::Session(session)) => {
            let member = Member { session, ..member };
            let news = News { password_changed: true, ..News::default() };
            Ok(with_session(&door, &token, profile_page(&member, StatusCode::OK, news).await?))
        }
        Ok(Answer::Wrong | Answer::Done) => {
            wrong(StatusCode::UNAUTHORIZED, words.password_refused).await
        }
        Err(PeopleError::Refused(Refusal::TooSoon { .. })) => {
            wrong(StatusCode::TOO_MANY_REQUESTS, words.too_many_text).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Offered, then in use once a code of it was typed; or given up.
pub async fn second_factor(
    State(door): State<Arc<Door>>,
    form: MemberForm,
) -> Result<Response, Turned> {
    let MemberForm { member, fields } = form;
    let people = &door.portal.people;
    let words = member.visit.words();
    if !member.is_confirmed() {
        return Err(Turned::to(&format!("{ROOT}confirm?next={PROFILE}")));
    }
    let user = &member.person.user;
    match fields.text("wish") {
        "offer" => {
            let sealed = people.seal_totp(user.id, &totp::fresh_secret()?)?;
            people.submit(Command::OfferTotp { who: member.who(), sealed }).await?;
        }
        "enable" if user.totp.enabled_at.is_none() && !user.totp.sealed.is_empty() => {
            let secret = people.open_totp(user)?;
            let step = totp::step_of(&secret, fields.text("code").trim(), people.now());
            let codes = totp::fresh_recovery_codes()?;
            let recovery = codes.iter().map(|code| hash_token(code)).collect();
            let command = Command::EnableTotp { who: member.who(), step, recovery };
            let (status, news) = match people.submit(command).await {
                Ok(Answer::Done) => (StatusCode::OK, News { codes, ..News::default() }),
                Ok(Answer::Wrong | Answer::Session(_)) => {
                    let news = News { code_fault: Some(words.code_refused), ..News::default() };
                    (StatusCode::UNAUTHORIZED, news)
                }
                Err(PeopleError::Refused(Refusal::TooSoon { .. })) => {
                    return Err(Turned::too_soon(&member.visit));
                }
                Err(error) => return Err(error.into()),
            };
            return profile_page(&member, status, news).await;
        }
        "disable" => {
            people.submit(Command::DisableTotp(member.who())).await?;
        }
        _ => {}
    }
    Ok(see_other(PROFILE))
}
