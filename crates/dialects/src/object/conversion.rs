//! The answers to `POST /convert`, and the events of a conversion's end.

use domain::conversion::{Conversion, Rate};
use domain::decide::Told;
use domain::event::EventKind;
use domain::money::decimal_text;
use domain::payment::Payment;
use domain::{Currency, Money};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::json::number;
use crate::object::{amount, to_text};

#[derive(Serialize)]
struct Preview {
    status: &'static str,
    message: &'static str,
    from_currency: &'static str,
    from_amount: Box<RawValue>,
    to_currency: &'static str,
    to_amount: Box<RawValue>,
    rate: Box<RawValue>,
    rate_display: String,
    fee: u8,
}

/// What a conversion would bring. Nothing moves.
pub fn conversion_preview(source: Money, target: Money, rate: Rate) -> String {
    to_text(&Preview {
        status: "success",
        message: "Conversion preview — no funds moved",
        from_currency: source.currency().code(),
        from_amount: amount(source.minor(), source.currency()),
        to_currency: target.currency().code(),
        to_amount: amount(target.minor(), target.currency()),
        rate: rate_number(rate),
        rate_display: rate_display(source.currency(), rate, target.currency()),
        fee: 0,
    })
}

#[derive(Serialize)]
struct ConversionAnswer<'a> {
    status: &'static str,
    message: String,
    dgs_conversion_ref: &'a str,
    conversion_status: &'static str,
    from_currency: &'static str,
    from_amount: Box<RawValue>,
    to_currency: &'static str,
    to_amount: Box<RawValue>,
    rate: Box<RawValue>,
    fee: u8,
}

pub fn conversion_answer(payment: &Payment, conversion: &Conversion) -> String {
    let (source, target) = (payment.gross, conversion.target);
    let code = target.currency().code();
    to_text(&ConversionAnswer {
        status: "success",
        message: format!("Conversion initiated. {code} balance will be credited shortly."),
        dgs_conversion_ref: &payment.dgs_reference,
        conversion_status: "processing",
        from_currency: source.currency().code(),
        from_amount: amount(source.minor(), source.currency()),
        to_currency: code,
        to_amount: amount(target.minor(), target.currency()),
        rate: rate_number(conversion.rate),
        fee: 0,
    })
}

#[derive(Serialize)]
struct Succeeded<'a> {
    event: &'static str,
    dgs_reference: &'a str,
    status: &'static str,
    from_currency: &'static str,
    from_amount: Box<RawValue>,
    to_currency: &'static str,
    to_amount: Box<RawValue>,
    rate: Box<RawValue>,
    rate_display: String,
}

#[derive(Serialize)]
struct Failed<'a> {
    event: &'static str,
    dgs_reference: &'a str,
    status: &'static str,
    from_currency: &'static str,
    from_amount: Box<RawValue>,
    to_currency: &'static str,
    fail_reason: &'a str,
    refund_amount: Box<RawValue>,
    refund_currency: &'static str,
}

/// `conversion.success` and `conversion.failed`; a failure gives back exactly what was taken.
pub fn conversion_event(kind: EventKind, told: Told<'_>, conversion: &Conversion) -> String {
    let (payment, source, target) = (told.payment, told.payment.gross, conversion.target);
    let (from, to) = (source.currency(), target.currency());
    let from_amount = || amount(source.minor(), from);
    if kind == EventKind::ConversionSuccess {
        return to_text(&Succeeded {
            event: kind.word(),
            dgs_reference: &payment.dgs_reference,
            status: "success",
            from_currency: from.code(),
            from_amount: from_amount(),
            to_currency: to.code(),
            to_amount: amount(target.minor(), to),
            rate: rate_number(conversion.rate),
            rate_display: rate_display(from, conversion.rate, to),
        });
    }
    to_text(&Failed {
        event: kind.word(),
        dgs_reference: &payment.dgs_reference,
        status: "failed",
        from_currency: from.code(),
        from_amount: from_amount(),
        to_currency: to.code(),
        fail_reason: payment.reason.as_ref().map_or("", |reason| &reason.text),
        refund_amount: from_amount(),
        refund_currency: from.code(),
    })
}

/// Six decimals, as the guide prints answers.
fn rate_number(rate: Rate) -> Box<RawValue> {
    number(decimal_text(rate.micros, 6))
}

/// `1 USD = 0.9450 EUR`, rounded half-even to four decimals.
fn rate_display(from: Currency, rate: Rate, to: Currency) -> String {
    let rounded = domain::fee::round_half_even(rate.micros.into(), 100);
    let text = decimal_text(i64::try_from(rounded).unwrap_or(i64::MAX), 4);
    format!("1 {from} = {text} {to}")
}
