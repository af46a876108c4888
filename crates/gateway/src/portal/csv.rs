//! The list as a file for spreadsheets, written while it is read: as small in memory for a million
//! rows as for ten.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::AccountId;
use domain::money::amount_text;
use domain::payment::{Detail, Payment};
use domain::people::{Action, Permission};
use http_body_util::channel::{Channel, Sender};
use store::query::payments::{Page, find_detail};
use store::{Reader, StoreError};

use crate::app::App;
use crate::portal::layout::time_text;
use crate::portal::scope::Scope;
use crate::portal::transactions::Wanted;
use crate::portal::turned::Turned;
use crate::portal::visit::Member;

/// Rows that are read at once.
const PART: u32 = 500;

const HEAD: &str = "id,dgs_reference,type,method,status,currency,amount,fee,provider,\
                    provider_reference,customer,email,narration,reason,created_at,finished_at\r\n";

pub async fn export(
    Path(environment): Path<String>,
    RawQuery(query): RawQuery,
    member: Member,
) -> Result<Response, Turned> {
    let scope = Scope::enter(member, &environment, Permission::ExportPayments)?;
    let query = query.unwrap_or_default();
    scope.record(Action::PaymentsExported, query.chars().take(200).collect()).await?;
    let (sender, body) = Channel::<Bytes, io::Error>::new(2);
    let (app, account) = (Arc::clone(&scope.app), scope.account());
    tokio::spawn(async move {
        if let Err(error) = write(&app, account, Wanted::read(&query), sender).await {
            tracing::warn!(%error, "an export ended early");
        }
    });
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"transactions.csv\""),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

async fn write(
    app: &App,
    account: AccountId,
    wanted: Wanted,
    mut sender: Sender<Bytes, io::Error>,
) -> Result<(), StoreError> {
    let wanted = Arc::new(wanted);
    let mut text = HEAD.to_owned();
    let mut page = Page { limit: PART, skip: 0, starting_after: None };
    loop {
        // A reader that went away ends it.
        if sender.send_data(Bytes::from(std::mem::take(&mut text))).await.is_err() {
            return Ok(());
        }
        let of_part = Arc::clone(&wanted);
        let read = move |reader: &Reader| {
            reader.snapshot(|reader| {
                let payments = of_part.list(reader, account, page)?.payments;
                let mut text = String::new();
                for payment in &payments {
                    push_row(&mut text, payment, find_detail(reader, payment)?.as_ref());
                }
                Ok((text, payments.last().map(|payment| payment.id)))
            })
        };
        let (rows, last) = match app.store.read(read).await {
            Ok(part) => part,
            Err(error) => {
                // Cut off, not ended: the file must not look whole.
                sender.abort(io::Error::other("the list could not be read"));
                return Err(error);
            }
        };
        let Some(last) = last else { return Ok(()) };
        page.starting_after = Some(last);
        text = rows;
    }
}

fn push_row(text: &mut String, payment: &Payment, detail: Option<&Detail>) {
    let currency = payment.gross.currency();
    let (customer, email, narration) = match detail {
        Some(Detail::Charge(charge)) => (
            format!("{} {}", charge.customer.first_name, charge.customer.last_name),
            charge.customer.email.as_str(),
            charge.narration.as_deref().unwrap_or_default(),
        ),
        Some(Detail::Disbursement(_) | Detail::Conversion(_) | Detail::Refund(_)) | None => {
            (String::new(), "", "")
        }
    };
    let (id, created_at) = (payment.id.record_id(), time_text(payment.created_at));
    let finished_at = payment.finished_at.map(time_text).unwrap_or_default();
    let (gross, fee) =
        (amount_text(payment.gross.minor(), currency), amount_text(payment.fee_minor, currency));
    let cells = [
        id.as_str(),
        payment.dgs_reference.as_str(),
        payment.kind.word(),
        payment.method.word(),
        payment.state.record_word(),
        currency.code(),
        &gross,
        &fee,
        payment.provider.word(),
        payment.provider_reference.as_deref().unwrap_or_default(),
        &customer,
        email,
        narration,
        payment.reason.as_ref().map_or("", |reason| reason.text.as_str()),
        &created_at,
        &finished_at,
    ];
    *text += &cells.map(cell).join(",");
    *text += "\r\n";
}

/// As RFC 4180 writes it; what a spreadsheet would take for a formula begins with an apostrophe
/// (OWASP, CSV injection).
fn cell(text: &str) -> String {
    let is_formula = text
        .trim_start()
        .starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
        || text.starts_with(['\t', '\r', '\n']);
    let mark = if is_formula { "'" } else { "" };
    if is_formula || text.contains(['"', ',', '\r', '\n', ';']) {
        return format!("\"{mark}{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_breaks_out() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("=1+1", "\"'=1+1\""),
            ("+250", "\"'+250\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("  =cmd|'/c'!A1", "\"'  =cmd|'/c'!A1\""),
            ("x\",=1", "\"x\"\",=1\""),
        ] {
            assert_eq!(cell(text), expected, "{text}");
        }
    }
}
