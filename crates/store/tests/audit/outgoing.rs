//! The payments by which money leaves a wallet or changes its currency, each to every end, and
//! what the audit reads of their words.

use domain::conversion::{Quote, Rate};
use domain::decide::{
    Answer, BulkLine, BulkMode, Command, CreateBulk, CreateConversion, CreateDisbursement,
    CreateLink, CreateRefund, Order, Told,
};
use domain::disbursement::{Disbursement, Recipient};
use domain::event::EventKind;
use domain::link::{Offer, Terms};
use domain::money::amount_text;
use domain::payment::{Detail, Method, Payment, PaymentState};
use domain::phone::{Network, Phone};
use domain::provider_call::{Provider, Verdict};
use domain::scenario::Scenario;
use domain::{Currency, LinkId, Money};

use crate::world::{NOW, ONE, World, charge_of, declined, key_use};

/// On its way, sent, refused, and sent after all.
fn fates() -> [Vec<Verdict>; 4] {
    [vec![], vec![Verdict::Succeeded], vec![declined()], vec![declined(), Verdict::Succeeded]]
}

impl World<'_> {
    pub fn pay_out(&self) {
        for (number, fate) in (1..).zip(fates()) {
            self.make(number, fate, |key| {
                Command::CreateDisbursement(Box::new(CreateDisbursement {
                    account: ONE,
                    key_use: Some(key_use(ONE, "POST /disburse", &format!("out-{key}"))),
                    order: order(1000 + key, recipient(key)),
                }))
            });
        }
        let line = |line| BulkLine { line, reference: None, order: order(700, recipient(line)) };
        self.submit(Command::CreateBulk(Box::new(CreateBulk {
            account: ONE,
            key_use: Some(key_use(ONE, "POST /disburse/bulk", "bulk")),
            mode: BulkMode::All,
            lines: vec![line(1), line(2)],
            refused: Vec::new(),
        })));
    }

    pub fn convert(&self) {
        let quote = || Quote {
            source: Currency::Usd,
            target: Currency::Rwf,
            rate: Rate { micros: 1_450_250_000 },
            origin: "table".to_owned(),
            quoted_at: NOW,
        };
        for (number, fate) in (1..).zip(fates()) {
            self.make(number, fate, |key| {
                Command::CreateConversion(Box::new(CreateConversion {
                    account: ONE,
                    key_use: Some(key_use(ONE, "POST /convert", &format!("into-{key}"))),
                    source: Money::from_minor(10 + key, Currency::Usd).unwrap(),
                    quote: Some(quote()),
                    scenario: Scenario::default(),
                    callback_url: None,
                    provider: Provider::Simulator,
                    first_word: None,
                }))
            });
        }
    }

    /// All of one charge, which is more than enough for them.
    pub fn give_back(&self) {
        let charge = self.find(ONE, "ok-1");
        for (number, fate) in (1..).zip(fates()) {
            self.make(number, fate, |key| {
                Command::CreateRefund(Box::new(CreateRefund {
                    account: ONE,
                    key_use: Some(key_use(ONE, "POST /refunds", &format!("back-{key}"))),
                    charge,
                    amount: Some(Money::from_minor(100 + key, Currency::Rwf).unwrap()),
                    reason: None,
                    scenario: Scenario::default(),
                    callback_url: None,
                    first_word: None,
                }))
            });
        }
    }

    /// Through a link with a place for each.
    pub fn sell(&self) {
        let made = self.submit(Command::CreateLink(Box::new(CreateLink {
            account: ONE,
            key_use: Some(key_use(ONE, "POST /payment-links", "link")),
            offer: offer(),
        })));
        let Answer::Written { body, .. } = made else { panic!("nothing was written") };
        let id: String = body.chars().filter(char::is_ascii_digit).collect();
        for (number, fate) in (1..).zip(fates()) {
            self.make(number, fate, |key| {
                let mut create = charge_of(ONE, &format!("sold-{key}"), 600 + key);
                create.link = Some(LinkId(id.parse().unwrap()));
                Command::CreateCharge(Box::new(create))
            });
        }
    }

    /// Makes a payment and reports its fate.
    fn make(&self, number: i64, fate: Vec<Verdict>, command: impl FnOnce(i64) -> Command) {
        let Answer::Written { body, .. } = self.submit(command(number)) else {
            panic!("nothing was written")
        };
        let (_, reference) = body.rsplit_once(r#"":""#).unwrap();
        let reference = reference.trim_end_matches(r#""}"#);
        for verdict in fate {
            self.report(ONE, reference, verdict);
        }
    }
}

pub fn offer() -> Offer {
    Offer {
        slug: "concert".to_owned(),
        title: "Concert".to_owned(),
        description: None,
        terms: Terms::Flexible { min: None, max: None },
        currency: Currency::Rwf,
        methods: vec![Method::MobileMoney],
        redirect_url: None,
        callback_url: None,
        logo_url: None,
        uses_max: Some(4),
        expires_at: None,
        collects_phone: true,
        collects_name: true,
        collects_address: false,
    }
}

fn recipient(number: i64) -> Recipient {
    if number % 2 == 0 {
        let (bank_key, account_number) = ("bk_rw".to_owned(), "0001".to_owned());
        return Recipient::Bank { bank_key, account_number, name: None, branch: None };
    }
    let phone = Phone::rwandan("789654321").unwrap();
    Recipient::MobileMoney { network: Network::Mtn, phone, name: None }
}

fn order(minor: i64, recipient: Recipient) -> Order {
    Order {
        gross: Money::from_minor(minor, Currency::Rwf).unwrap(),
        disbursement: Disbursement {
            recipient,
            narration: None,
            scenario: Scenario::default(),
            bulk: None,
            proof: None,
        },
        callback_url: None,
        provider: Provider::Simulator,
        first_word: None,
    }
}

/// The name of a payment in the answer that made it, last of all.
pub fn answer_text(payment: &Payment, detail: &Detail) -> String {
    let name = &payment.dgs_reference;
    match detail {
        Detail::Charge(_) | Detail::Disbursement(_) => {
            format!(r#"{{"status":"success","dgs_reference":"{name}"}}"#)
        }
        Detail::Conversion(_) => {
            format!(r#"{{"status":"success","dgs_conversion_ref":"{name}"}}"#)
        }
        Detail::Refund(refund) => format!(
            r#"{{"dgs_reference":"{}","refund_reference":"{name}"}}"#,
            refund.charge_reference
        ),
    }
}

/// What the event says of the amounts, for the kinds that have details.
pub fn amounts_text(kind: EventKind, told: Told<'_>) -> String {
    let payment = told.payment;
    let currency = payment.gross.currency();
    let amount = |minor| amount_text(minor, currency);
    let gross = amount(payment.gross.minor());
    let whole = format!(r#""amount":{gross},"currency":"{currency}""#);
    match told.detail {
        Some(Detail::Disbursement(disbursement)) => format!(
            r#"{whole},"fee":{},"recipient_gets":{},"destination_type":"{}""#,
            amount(payment.fee_minor),
            amount(payment.net_minor()),
            disbursement.recipient.destination_type(),
        ),
        Some(Detail::Conversion(conversion)) => {
            let target = conversion.target;
            let from = format!(r#""from_amount":{gross},"from_currency":"{currency}""#);
            let to = format!(r#""to_currency":"{}""#, target.currency());
            if payment.state == PaymentState::Successful {
                let brought = amount_text(target.minor(), target.currency());
                format!(r#"{from},{to},"to_amount":{brought}"#)
            } else {
                format!(r#"{from},{to},"refund_amount":{gross},"refund_currency":"{currency}""#)
            }
        }
        Some(Detail::Refund(refund)) => {
            format!(r#"{whole},"charge_reference":"{}""#, refund.charge_reference)
        }
        Some(Detail::Charge(_)) | None => {
            let parts = (payment.fee_minor, payment.net_minor());
            let (fee, net) = if kind == EventKind::PaymentFailed { (0, 0) } else { parts };
            format!(r#"{whole},"merchant_fee":{},"net_amount":{}"#, amount(fee), amount(net))
        }
    }
}
