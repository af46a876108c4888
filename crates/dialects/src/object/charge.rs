//! The answer to `POST /charges`, in the guide's three shapes.

use domain::charge::Charge;
use domain::payment::{Method, NextAction, Payment, PaymentState};
use domain::phone::RWANDA;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::object::{amount, to_text};

#[derive(Serialize)]
struct ChargeAnswer<'a> {
    status: &'static str,
    message: &'static str,
    transaction_id: String,
    dgs_reference: &'a str,
    amount: Box<RawValue>,
    currency: &'static str,
    transaction_status: &'static str,
    payment_method_type: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    next_action: Option<NextActionFields<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    mobile_money: Option<MobileMoney<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal<'a>>,
}

#[derive(Serialize)]
struct NextActionFields<'a> {
    next_action_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_action_redirect_url: Option<&'a str>,
    display_text: &'a str,
}

#[derive(Serialize)]
struct MobileMoney<'a> {
    mobile_money_network: &'static str,
    mobile_money_phone: &'a str,
    mobile_money_country_code: &'static str,
}

#[derive(Serialize)]
struct Refusal<'a> {
    issuer_response_type: &'a str,
    issuer_response_code: &'a str,
    processor_response: &'a str,
}

/// `redirect_url` is the page where the payer goes on, should that be the next action.
pub fn charge_answer(payment: &Payment, charge: &Charge, redirect_url: &str) -> String {
    let (status, message) = match payment.state {
        PaymentState::Pending => ("success", "Charge initiated"),
        PaymentState::Successful => ("success", "Payment completed"),
        PaymentState::Failed | PaymentState::ConfirmedLate => ("failed", "Charge failed"),
    };
    let is_successful = payment.state == PaymentState::Successful;
    to_text(&ChargeAnswer {
        status,
        message,
        transaction_id: payment.id.0.to_string(),
        dgs_reference: &payment.dgs_reference,
        amount: amount(payment.gross.minor(), payment.gross.currency()),
        currency: payment.gross.currency().code(),
        transaction_status: payment.state.transaction_word(),
        payment_method_type: payment.method.word(),
        next_action: payment.next_action.map(|action| NextActionFields {
            next_action_type: action.word(),
            next_action_redirect_url: (action == NextAction::Redirect).then_some(redirect_url),
            display_text: display_text(action, payment.method, charge),
        }),
        mobile_money: charge.mobile_money.as_ref().filter(|_| is_successful).map(|method| {
            MobileMoney {
                mobile_money_network: method.network.name(),
                mobile_money_phone: method.phone.national(),
                mobile_money_country_code: RWANDA,
            }
        }),
        refusal: payment.reason.as_ref().map(|reason| Refusal {
            issuer_response_type: &reason.kind,
            issuer_response_code: &reason.code,
            processor_response: &reason.text,
        }),
    })
}

/// What to tell the payer.
fn display_text(action: NextAction, method: Method, charge: &Charge) -> &str {
    if let Some(instruction) = &charge.instruction {
        return instruction;
    }
    let is_again = charge.card.as_ref().is_some_and(|card| card.wrong_otp_count > 0);
    match action {
        NextAction::Redirect if method == Method::Card => "Complete payment on your bank's page",
        NextAction::Redirect => "Complete payment on your mobile device",
        NextAction::Pin => "Enter your card PIN",
        NextAction::Otp if is_again => "The code was incorrect. Enter the one-time code again",
        NextAction::Otp => "Enter the one-time code sent by your bank",
        NextAction::Address => "Enter the billing address of your card",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::charge::{Customer, MobileMoney};
    use domain::payment::{PaymentKind, Reason};
    use domain::phone::{Network, Phone};
    use domain::provider_call::Provider;
    use domain::scenario::Scenario;
    use domain::{AccountId, Currency, Money, PaymentId, Timestamp};

    fn charge() -> Charge {
        Charge {
            customer: Customer {
                email: "jane.doe@example.com".to_owned(),
                first_name: "Jane".to_owned(),
                last_name: "Doe".to_owned(),
                phone: Phone::rwandan("789654321").unwrap(),
                address: None,
            },
            redirect_url: None,
            narration: None,
            mobile_money: Some(MobileMoney {
                network: Network::parse("MTN").unwrap(),
                phone: Phone::rwandan("789654321").unwrap(),
            }),
            card: None,
            page_url: None,
            instruction: None,
            scenario: Scenario::default(),
        }
    }

    fn payment(state: PaymentState, reason: Option<Reason>) -> Payment {
        Payment {
            account: AccountId(1),
            id: PaymentId(987_654_321),
            kind: PaymentKind::Charge,
            method: Method::MobileMoney,
            state,
            version: 2,
            dgs_reference: "dgs_987654321".to_owned(),
            gross: Money::from_minor(2000, Currency::Rwf).unwrap(),
            fee_minor: 60,
            provider: Provider::Simulator,
            provider_reference: None,
            next_action: None,
            reason,
            callback_url: None,
            link: None,
            refunded_minor: 0,
            created_at: Timestamp::default(),
            finished_at: Some(Timestamp::default()),
            settled_at: None,
        }
    }

    /// The guide's two final states of mobile money, which a charge reaches after its answer.
    #[test]
    fn a_mobile_money_charge_at_its_end() {
        let completed = charge_answer(&payment(PaymentState::Successful, None), &charge(), "");
        assert_eq!(
            completed,
            concat!(
                r#"{"status":"success","message":"Payment completed","#,
                r#""transaction_id":"987654321","dgs_reference":"dgs_987654321","amount":2000,"#,
                r#""currency":"RWF","transaction_status":"successful","#,
                r#""payment_method_type":"mobile_money","mobile_money_network":"MTN","#,
                r#""mobile_money_phone":"789654321","mobile_money_country_code":"250"}"#,
            )
        );
        let reason = Reason {
            kind: "declined".to_owned(),
            code: "05".to_owned(),
            text: "Insufficient funds".to_owned(),
        };
        let declined = charge_answer(&payment(PaymentState::Failed, Some(reason)), &charge(), "");
        assert_eq!(
            declined,
            concat!(
                r#"{"status":"failed","message":"Charge failed","#,
                r#""transaction_id":"987654321","dgs_reference":"dgs_987654321","amount":2000,"#,
                r#""currency":"RWF","transaction_status":"failed","#,
                r#""payment_method_type":"mobile_money","issuer_response_type":"declined","#,
                r#""issuer_response_code":"05","processor_response":"Insufficient funds"}"#,
            )
        );
    }
}
