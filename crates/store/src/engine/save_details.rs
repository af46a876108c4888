//! Writes what each kind of payment holds beyond the payment, and payment links.

use domain::book::Book;
use domain::charge::Charge;
use domain::conversion::Conversion;
use domain::disbursement::{Disbursement, Recipient};
use domain::link::{Link, Terms};
use domain::payment::Detail;
use domain::refund::Refund;
use domain::{AccountId, PaymentId};
use rusqlite::{Connection, params};

use crate::StoreError;
use crate::engine::save::execute;

type Key = (AccountId, PaymentId);

pub(super) fn put_detail(
    connection: &Connection,
    key: Key,
    detail: &Detail,
) -> Result<(), StoreError> {
    match detail {
        Detail::Charge(charge) => put_charge(connection, key, charge),
        Detail::Disbursement(disbursement) => put_disbursement(connection, key, disbursement),
        Detail::Conversion(conversion) => put_conversion(connection, key, conversion),
        Detail::Refund(refund) => put_refund(connection, key, refund),
    }
}

fn put_charge(
    connection: &Connection,
    (account, payment): Key,
    charge: &Charge,
) -> Result<(), StoreError> {
    let mobile_money = charge.mobile_money.as_ref();
    let card = charge.card.as_ref();
    execute(
        connection,
        "insert or replace into charge (account_id, payment_id, customer_email,
             customer_first_name, customer_last_name, customer_phone, customer_address,
             redirect_url, narration,
             network, network_phone, card_brand, card_first_six, card_last_four,
             card_expiry_month, card_expiry_year, card_wrong_otps, page_url, instruction,
             scenario)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
             ?20)",
        params![
            account.0,
            payment.0,
            charge.customer.email,
            charge.customer.first_name,
            charge.customer.last_name,
            charge.customer.phone.e164(),
            charge.customer.address,
            charge.redirect_url,
            charge.narration,
            mobile_money.map(|method| method.network.name()),
            mobile_money.map(|method| method.phone.e164()),
            card.map(|card| card.brand.name()),
            card.map(|card| &card.first_six),
            card.map(|card| &card.last_four),
            card.map(|card| card.expiry_month),
            card.map(|card| card.expiry_year),
            card.map(|card| card.wrong_otp_count),
            charge.page_url,
            charge.instruction,
            charge.scenario.text(),
        ],
    )
}

fn put_disbursement(
    connection: &Connection,
    (account, payment): Key,
    disbursement: &Disbursement,
) -> Result<(), StoreError> {
    let place = disbursement.bulk.as_ref();
    let (bank_key, number, branch, network, phone, name) = match &disbursement.recipient {
        Recipient::Bank { bank_key, account_number, name, branch } => {
            (Some(bank_key), Some(account_number), branch.as_ref(), None, None, name)
        }
        Recipient::MobileMoney { network, phone, name } => {
            (None, None, None, Some(network.name()), Some(phone.e164()), name)
        }
    };
    execute(
        connection,
        "insert or replace into disbursement (account_id, payment_id, bank_key, account_number,
             branch, network, phone, recipient_name, narration, scenario, bulk_id, bulk_line,
             line_reference, proof)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            account.0,
            payment.0,
            bank_key,
            number,
            branch,
            network,
            phone,
            name,
            disbursement.narration,
            disbursement.scenario.text(),
            place.map(|place| place.bulk.0),
            place.map(|place| place.line),
            place.and_then(|place| place.reference.as_ref()),
            disbursement.proof,
        ],
    )
}

fn put_conversion(
    connection: &Connection,
    (account, payment): Key,
    conversion: &Conversion,
) -> Result<(), StoreError> {
    execute(
        connection,
        "insert or replace into conversion (account_id, payment_id, target_minor,
             target_currency, rate_micros, rate_quoted_at_us, scenario)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            account.0,
            payment.0,
            conversion.target.minor(),
            conversion.target.currency().code(),
            conversion.rate.micros,
            conversion.quoted_at.as_micros(),
            conversion.scenario.text(),
        ],
    )
}

fn put_refund(
    connection: &Connection,
    (account, payment): Key,
    refund: &Refund,
) -> Result<(), StoreError> {
    execute(
        connection,
        "insert or replace into refund (account_id, payment_id, charge_id, charge_reference, reason,
             scenario) values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            account.0,
            payment.0,
            refund.charge.0,
            refund.charge_reference,
            refund.reason,
            refund.scenario.text(),
        ],
    )
}

pub(super) fn links(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    let made = book.links.new_rows().map(|(_, link)| link);
    for link in made.chain(book.links.changed_rows().map(|(_, _, link)| link)) {
        put_link(connection, link)?;
    }
    Ok(())
}

fn put_link(connection: &Connection, link: &Link) -> Result<(), StoreError> {
    let offer = &link.offer;
    let (amount, min, max) = match offer.terms {
        Terms::Fixed(amount) => (Some(amount), None, None),
        Terms::Flexible { min, max } => (None, min, max),
    };
    let methods: Vec<&str> = offer.methods.iter().map(|method| method.word()).collect();
    // Not "or replace": that would remove another link with the same slug.
    execute(
        connection,
        "insert into payment_link (account_id, link_id, slug, title, description,
             currency, amount_minor, min_minor, max_minor, methods, redirect_url, callback_url,
             logo_url, uses_max, expires_at_us, collects_phone, collects_name, collects_address,
             archived_at_us, uses, pending, failed, collected_minor, created_at_us)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
             ?19, ?20, ?21, ?22, ?23, ?24)
         on conflict (account_id, link_id) do update set slug = excluded.slug,
             title = excluded.title, description = excluded.description,
             currency = excluded.currency, amount_minor = excluded.amount_minor,
             min_minor = excluded.min_minor, max_minor = excluded.max_minor,
             methods = excluded.methods, redirect_url = excluded.redirect_url,
             callback_url = excluded.callback_url, logo_url = excluded.logo_url,
             uses_max = excluded.uses_max, expires_at_us = excluded.expires_at_us,
             collects_phone = excluded.collects_phone, collects_name = excluded.collects_name,
             collects_address = excluded.collects_address,
             archived_at_us = excluded.archived_at_us, uses = excluded.uses,
             pending = excluded.pending, failed = excluded.failed,
             collected_minor = excluded.collected_minor",
        params![
            link.account.0,
            link.id.0,
            offer.slug,
            offer.title,
            offer.description,
            offer.currency.code(),
            amount.map(|amount| amount.minor()),
            min.map(|min| min.minor()),
            max.map(|max| max.minor()),
            methods.join(" "),
            offer.redirect_url,
            offer.callback_url,
            offer.logo_url,
            offer.uses_max,
            offer.expires_at.map(|at| at.as_micros()),
            offer.collects_phone,
            offer.collects_name,
            offer.collects_address,
            link.archived_at.map(|at| at.as_micros()),
            link.uses,
            link.pending,
            link.failed,
            link.collected_minor,
            link.created_at.as_micros(),
        ],
    )
}
