//! Payments to ask a provider about.

use dialects::provider::{Ask, Task};
use domain::charge::{Card, CardBrand, Charge, Customer, MobileMoney};
use domain::disbursement::{Disbursement, Recipient};
use domain::payment::{Detail, Method, Payment, PaymentKind, PaymentState};
use domain::phone::{Network, Phone};
use domain::provider_call::{CallState, Provider, ProviderCall, Word};
use domain::refund::Refund;
use domain::scenario::Scenario;
use domain::{AccountId, Currency, Money, PaymentId, Timestamp};

/// One payment of 5000 RWF, with a fee of 100.
pub struct Case {
    pub call: ProviderCall,
    pub payment: Payment,
    pub detail: Detail,
    pub charge: Option<Payment>,
    pub callback_url: String,
}

impl Case {
    fn of(provider: Provider, number: i64, method: Method, detail: Detail) -> Case {
        let account = AccountId(7);
        let id = PaymentId(712_345_678_901_234_000 + number);
        let at = Timestamp::from_micros(1_795_165_200_000_000);
        let kind = match &detail {
            Detail::Charge(_) => PaymentKind::Charge,
            Detail::Disbursement(_) => PaymentKind::Disbursement,
            Detail::Conversion(_) => PaymentKind::Conversion,
            Detail::Refund(_) => PaymentKind::Refund,
        };
        let call = ProviderCall {
            account,
            payment: id,
            provider,
            client_reference: id.0.to_string(),
            state: CallState::Open,
            is_sent: false,
            due_at: at,
            is_leased: false,
            polls_made: 0,
            note: None,
            created_at: at,
        };
        let payment = Payment {
            account,
            id,
            kind,
            method,
            state: PaymentState::Pending,
            version: 1,
            dgs_reference: format!("DGS_{number}"),
            gross: Money::from_minor(5000, Currency::Rwf).expect("a valid one"),
            fee_minor: 100,
            provider,
            provider_reference: None,
            next_action: None,
            reason: None,
            callback_url: None,
            link: None,
            refunded_minor: 0,
            created_at: at,
            finished_at: None,
            settled_at: None,
        };
        Case {
            call,
            payment,
            detail,
            charge: None,
            callback_url: "http://127.0.0.1:9/x".to_owned(),
        }
    }

    /// From the phone with this national number; by card without one.
    pub fn charge(provider: Provider, number: i64, phone: Option<&str>, scenario: &str) -> Case {
        let mobile_money = phone.map(|phone| MobileMoney {
            network: Network::Mtn,
            phone: Phone::rwandan(phone).expect("a valid one"),
        });
        let card = Card {
            brand: CardBrand::Mastercard,
            first_six: "553188".to_owned(),
            last_four: "2950".to_owned(),
            expiry_month: 9,
            expiry_year: 2032,
            wrong_otp_count: 0,
        };
        let method = if phone.is_some() { Method::MobileMoney } else { Method::Card };
        let charge = Charge {
            customer: Customer {
                email: "aline.u@example.rw".to_owned(),
                first_name: "Aliné".to_owned(),
                last_name: "Uwase".to_owned(),
                phone: Phone::rwandan("788000111").expect("a valid one"),
                address: None,
            },
            redirect_url: None,
            narration: None,
            mobile_money,
            card: phone.is_none().then_some(card),
            page_url: None,
            instruction: None,
            scenario: Scenario::from_stored(Some(scenario)),
        };
        Case::of(provider, number, method, Detail::Charge(charge))
    }

    pub fn transfer(provider: Provider, number: i64, recipient: Recipient) -> Case {
        let method = recipient.method();
        let disbursement = Disbursement {
            recipient,
            narration: Some("Vendor payment".to_owned()),
            scenario: Scenario::default(),
            bulk: None,
            proof: None,
        };
        Case::of(provider, number, method, Detail::Disbursement(disbursement))
    }

    pub fn to_phone(provider: Provider, number: i64, phone: &str) -> Case {
        let phone = Phone::rwandan(phone).expect("a valid one");
        let network = Network::Airtel;
        Case::transfer(provider, number, Recipient::MobileMoney { network, phone, name: None })
    }

    /// Of a whole charge.
    pub fn refund(number: i64, charge: &Case) -> Case {
        let refund = Refund {
            charge: charge.payment.id,
            charge_reference: charge.payment.dgs_reference.clone(),
            reason: None,
            scenario: Scenario::default(),
        };
        let method = charge.payment.method;
        let mut case = Case::of(charge.payment.provider, number, method, Detail::Refund(refund));
        case.charge = Some(charge.payment.clone());
        case
    }

    pub fn ask<'a>(&'a self, task: Task<'a>) -> Ask<'a> {
        Ask {
            task,
            call: &self.call,
            payment: &self.payment,
            detail: &self.detail,
            charge: self.charge.as_ref(),
            bank_code: Some("11290001"),
            callback_url: &self.callback_url,
            return_url: "https://pay.test/r/1",
            chance: &[9; 64],
            now: self.call.created_at,
        }
    }

    /// Keeps what the gateway would keep of a word.
    pub fn hear(&mut self, word: Word) -> Word {
        if word.provider_reference.is_some() {
            self.payment.provider_reference.clone_from(&word.provider_reference);
        }
        word
    }
}
