//! The answers to `POST /convert`, and the events of a conversion's end.

use domain::Money;
use domain::conversion::{Conversion, Rate};
use domain::decide::{ShortWallet, Told};
use domain::event::EventKind;
use domain::payment::Payment;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::object::rate::{rate_display, rate_number};
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

#[derive(Serialize)]
struct ShortWalletAnswer {
    status: &'static str,
    message: String,
    error_code: &'static str,
    available_balance: Box<RawValue>,
    required: Box<RawValue>,
    currency: &'static str,
}

/// The one refusal with a code of its own, which the guide prints like this.
pub fn conversion_short_wallet(short: &ShortWallet) -> String {
    let currency = short.currency;
    to_text(&ShortWalletAnswer {
        status: "failed",
        message: format!("Insufficient {currency} balance"),
        error_code: "VALIDATION_ERROR",
        available_balance: amount(short.available_minor, currency),
        required: amount(short.required_minor, currency),
        currency: currency.code(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Currency;

    #[test]
    fn the_guides_preview_and_its_short_wallet() {
        let money = |minor, currency| Money::from_minor(minor, currency).unwrap();
        let (source, target) = (money(10_000, Currency::Usd), money(9450, Currency::Eur));
        let currency = Currency::Usd;
        let short = ShortWallet { available_minor: 5000, required_minor: 10_000, currency };
        assert_eq!(
            conversion_preview(source, target, Rate { micros: 945_000 }),
            concat!(
                r#"{"status":"success","message":"Conversion preview — no funds moved","#,
                r#""from_currency":"USD","from_amount":100,"to_currency":"EUR","to_amount":94.50,"#,
                r#""rate":0.945000,"rate_display":"1 USD = 0.9450 EUR","fee":0}"#,
            )
        );
        assert_eq!(
            conversion_short_wallet(&short),
            concat!(
                r#"{"status":"failed","message":"Insufficient USD balance","#,
                r#""error_code":"VALIDATION_ERROR","available_balance":50,"required":100,"#,
                r#""currency":"USD"}"#,
            )
        );
    }
}
