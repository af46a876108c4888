//! What each kind of payment holds beyond the payment, as the domain's values.

use domain::charge::{Card, CardBrand, Charge, Customer, MobileMoney};
use domain::conversion::{Conversion, Rate};
use domain::disbursement::{BulkPlace, Disbursement, Recipient};
use domain::payment::{Detail, PaymentKind};
use domain::phone::{Network, Phone};
use domain::refund::Refund;
use domain::scenario::Scenario;
use domain::{BulkId, Currency, Money, PaymentId};

use crate::StoreError;
use crate::engine::Cells;

/// The detail's columns and table, for a kind of payment.
pub(crate) const fn detail_source(kind: PaymentKind) -> (&'static str, &'static str) {
    match kind {
        PaymentKind::Charge => (
            "customer_email, customer_first_name, customer_last_name, customer_phone, \
             customer_address, redirect_url, narration, network, network_phone, card_brand, card_first_six, \
             card_last_four, card_expiry_month, card_expiry_year, card_wrong_otps, page_url, \
             instruction, scenario",
            "charge",
        ),
        PaymentKind::Disbursement => (
            "bank_key, account_number, branch, network, phone, recipient_name, narration, \
             scenario, bulk_id, bulk_line, line_reference, proof",
            "disbursement",
        ),
        PaymentKind::Conversion => (
            "target_minor, target_currency, rate_micros, rate_quoted_at_us, scenario",
            "conversion",
        ),
        PaymentKind::Refund => ("charge_id, charge_reference, reason, scenario", "refund"),
    }
}

/// Reads the columns that [`detail_source`] names for the kind.
pub(crate) fn detail_row(kind: PaymentKind, cells: &mut Cells<'_>) -> Result<Detail, StoreError> {
    match kind {
        PaymentKind::Charge => charge(cells).map(Detail::Charge),
        PaymentKind::Disbursement => disbursement(cells).map(Detail::Disbursement),
        PaymentKind::Conversion => conversion(cells).map(Detail::Conversion),
        PaymentKind::Refund => refund(cells).map(Detail::Refund),
    }
}

fn charge(cells: &mut Cells<'_>) -> Result<Charge, StoreError> {
    let customer = Customer {
        email: cells.text()?,
        first_name: cells.text()?,
        last_name: cells.text()?,
        phone: Phone::from_stored(cells.text()?),
        address: cells.maybe_text()?,
    };
    let (redirect_url, narration) = (cells.maybe_text()?, cells.maybe_text()?);
    let network = cells.maybe_word("charge", "network", Network::parse)?;
    let phone = cells.maybe_text()?.map(Phone::from_stored);
    Ok(Charge {
        customer,
        redirect_url,
        narration,
        mobile_money: network.zip(phone).map(|(network, phone)| MobileMoney { network, phone }),
        card: card(cells)?,
        page_url: cells.maybe_text()?,
        instruction: cells.maybe_text()?,
        scenario: Scenario::from_stored(cells.maybe_text()?.as_deref()),
    })
}

fn card(cells: &mut Cells<'_>) -> Result<Option<Card>, StoreError> {
    let brand = cells.maybe_word("charge", "card_brand", CardBrand::parse)?;
    let (first_six, last_four) = (cells.maybe_text()?, cells.maybe_text()?);
    let (month, year, wrong_otps) = (cells.maybe_int()?, cells.maybe_int()?, cells.maybe_int()?);
    Ok(brand.map(|brand| Card {
        brand,
        first_six: first_six.unwrap_or_default(),
        last_four: last_four.unwrap_or_default(),
        expiry_month: month.and_then(|month| month.try_into().ok()).unwrap_or(0),
        expiry_year: year.and_then(|year| year.try_into().ok()).unwrap_or(0),
        wrong_otp_count: wrong_otps.and_then(|count| count.try_into().ok()).unwrap_or(0),
    }))
}

fn disbursement(cells: &mut Cells<'_>) -> Result<Disbursement, StoreError> {
    let (bank_key, account_number) = (cells.maybe_text()?, cells.maybe_text()?);
    let branch = cells.maybe_text()?;
    let network = cells.maybe_word("disbursement", "network", Network::parse)?;
    let phone = cells.maybe_text()?.map(Phone::from_stored);
    let name = cells.maybe_text()?;
    let recipient = match (bank_key, network.zip(phone)) {
        (_, Some((network, phone))) => Recipient::MobileMoney { network, phone, name },
        (bank_key, None) => Recipient::Bank {
            bank_key: bank_key.unwrap_or_default(),
            account_number: account_number.unwrap_or_default(),
            name,
            branch,
        },
    };
    Ok(Disbursement {
        recipient,
        narration: cells.maybe_text()?,
        scenario: Scenario::from_stored(cells.maybe_text()?.as_deref()),
        bulk: bulk_place(cells)?,
        proof: cells.maybe_text()?,
    })
}

fn bulk_place(cells: &mut Cells<'_>) -> Result<Option<BulkPlace>, StoreError> {
    let (bulk, line) = (cells.maybe_int()?, cells.maybe_int()?);
    let reference = cells.maybe_text()?;
    Ok(bulk.zip(line).map(|(bulk, line)| BulkPlace { bulk: BulkId(bulk), line, reference }))
}

fn conversion(cells: &mut Cells<'_>) -> Result<Conversion, StoreError> {
    let minor = cells.int()?;
    let currency = cells.word("conversion", "target_currency", Currency::parse)?;
    let target = Money::from_minor(minor, currency).map_err(|_| StoreError::Meaningless {
        table: "conversion",
        column: "target_minor",
        value: minor.to_string(),
    })?;
    Ok(Conversion {
        target,
        rate: Rate { micros: cells.int()? },
        quoted_at: cells.time()?,
        scenario: Scenario::from_stored(cells.maybe_text()?.as_deref()),
    })
}

fn refund(cells: &mut Cells<'_>) -> Result<Refund, StoreError> {
    Ok(Refund {
        charge: PaymentId(cells.int()?),
        charge_reference: cells.text()?,
        reason: cells.maybe_text()?,
        scenario: Scenario::from_stored(cells.maybe_text()?.as_deref()),
    })
}
