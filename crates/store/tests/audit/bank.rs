//! The part of the world where a bank tells of money that came in.

use domain::charge::Customer;
use domain::decide::{
    Answer, Command, CreateLink, Expects, JudgeDeposit, OpenVirtualAccount, TakeDeposit,
};
use domain::deposit::{Judgement, Notice, Sender, Sums, Trust};
use domain::link::{Offer, Terms};
use domain::payment::Method;
use domain::phone::Phone;
use domain::provider_call::Provider;
use domain::virtual_account::VirtualAccountKind;
use domain::{Currency, LinkId, Money};

use crate::outgoing::offer;
use crate::world::{ONE, World, key_use};

const NUMBER: &str = "9977581536";
const PAID: &str = "9977581537";
const UNDERPAID: &str = "9977581538";

impl World<'_> {
    /// One deposit for every state and way into it.
    pub fn bank(&self) {
        self.open_account(NUMBER, None);
        self.deposit(notice("credited"), Trust::Credit);
        self.deposit(notice("unverified"), Trust::Verify);
        self.deposit(notice("held"), Trust::Review);
        let mut wrong = notice("wrong");
        wrong.sums.fee_minor += 1;
        self.deposit(wrong, Trust::Credit);
        for (name, judgement) in [("agreed", Judgement::Credit), ("rejected", Judgement::Reject)] {
            self.deposit(notice(name), Trust::Verify);
            let deposit = (Provider::Providus, name.to_owned());
            let judge = JudgeDeposit { account: ONE, deposit, judgement };
            self.submit(Command::JudgeDeposit(Box::new(judge)));
        }
    }

    /// A link of which one payer has paid, one too little, and one nothing.
    pub fn transfers(&self) {
        let made = self.submit(Command::CreateLink(Box::new(CreateLink {
            account: ONE,
            key_use: None,
            offer: Offer {
                slug: "rent".to_owned(),
                terms: Terms::Flexible { min: None, max: None },
                currency: Currency::Ngn,
                methods: vec![Method::BankTransfer],
                ..offer()
            },
        })));
        let Answer::Written { body, .. } = made else { panic!("nothing was written") };
        let id: String = body.chars().filter(char::is_ascii_digit).collect();
        let link = LinkId(id.parse().unwrap());
        for number in [PAID, UNDERPAID, "9977581539"] {
            self.open_account(number, Some(link));
        }
        for (number, minor) in [(PAID, 10_000), (UNDERPAID, 9_999)] {
            let mut told = notice(number);
            told.account_number = number.to_owned();
            told.sums.transaction_minor = minor;
            told.sums.settled_minor = minor - 200;
            self.deposit(told, Trust::Credit);
        }
    }

    fn open_account(&self, number: &str, link: Option<LinkId>) {
        let kind = match link {
            Some(_) => VirtualAccountKind::Dynamic,
            None => VirtualAccountKind::Reserved,
        };
        let customer = Customer {
            email: "ada@example.com".to_owned(),
            first_name: "Ada".to_owned(),
            last_name: "Obi".to_owned(),
            phone: Phone::from_stored(String::new()),
            address: None,
        };
        let amount = Money::from_minor(10_000, Currency::Ngn).unwrap();
        self.submit(Command::OpenVirtualAccount(Box::new(OpenVirtualAccount {
            account: ONE,
            key_use: link.map(|_| key_use(ONE, "POST /pay/{slug}/charges", number)),
            provider: Provider::Providus,
            kind,
            number: number.to_owned(),
            name: "Ada Obi".to_owned(),
            bank_name: "Providus Bank".to_owned(),
            expects: link.map(|link| Expects { link, amount, customer }),
        })));
    }

    fn deposit(&self, notice: Notice, trust: Trust) {
        self.submit(Command::TakeDeposit(Box::new(TakeDeposit { notice, trust })));
    }
}

fn notice(settlement_id: &str) -> Notice {
    Notice {
        provider: Provider::Providus,
        settlement_id: settlement_id.to_owned(),
        session_id: "session".to_owned(),
        account_number: NUMBER.to_owned(),
        sums: Sums {
            currency: Currency::Ngn,
            transaction_minor: 10_000,
            settled_minor: 9_800,
            fee_minor: 186,
            vat_minor: 14,
        },
        sender: Sender::default(),
        remarks: None,
        paid_at: None,
    }
}

pub const FAULTS: [(&str, &str); 31] = [
    ("virtual_accounts", "update virtual_account set number = '99x' where kind = 'reserved'"),
    ("virtual_accounts", "update virtual_account set kind = 'lent'"),
    ("virtual_accounts", "update virtual_account set provider = 'bank'"),
    ("virtual_accounts", "update virtual_account set name = ''"),
    ("deposits", "update deposit set state = 'lost' where settlement_id = 'credited'"),
    ("deposits", "update deposit set review = null where settlement_id = 'held'"),
    ("deposits", "update deposit set review = 'whim' where settlement_id = 'held'"),
    ("deposits", "update deposit set review = 'not_verified' where settlement_id = 'unverified'"),
    ("deposits", "update deposit set due_at_us = -1 where settlement_id = 'unverified'"),
    ("deposits", "update deposit set vat_minor = 15 where settlement_id = 'credited'"),
    ("deposits", "update deposit set account_number = '1' where settlement_id = 'credited'"),
    ("deposits", "update virtual_account set number = '1111111111' where kind = 'reserved'"),
    ("deposits_credited", "update deposit set payment_id = null where settlement_id = 'agreed'"),
    (
        "deposits_credited",
        "update deposit set state = 'credited' where settlement_id = 'unverified'",
    ),
    ("deposits_credited", "update deposit set state = 'rejected' where settlement_id = 'agreed'"),
    (
        "deposits_credited",
        "update deposit set settled_minor = 9801 where settlement_id = 'credited'",
    ),
    (
        "deposits_credited",
        "update payment set provider_reference = 'other' where method = 'bank_transfer'",
    ),
    ("deposits_credited", "update payment set method = 'bank_transfer' where kind = 'charge'"),
    ("deposits_expected", "update expected_deposit set payment_id = null"),
    (
        "deposits_expected",
        "update expected_deposit set payment_id = (
             select payment_id from deposit where settlement_id = 'credited')
         where payment_id is null",
    ),
    (
        "deposits_expected",
        "update expected_deposit set amount_minor = 9999 where payment_id is not null",
    ),
    ("deposits_expected", "update expected_deposit set amount_minor = 0 where payment_id is null"),
    ("deposits_expected", "update expected_deposit set currency = 'USD'"),
    (
        "deposits_expected",
        "update expected_deposit set link_id = (
             select link_id from payment_link where slug = 'concert')",
    ),
    ("deposits_expected", "update virtual_account set kind = 'reserved'"),
    (
        "deposits_expected",
        "update payment set link_id = (select link_id from payment_link where slug = 'rent')
         where provider_reference = 'credited'",
    ),
    (
        "keys",
        "update idempotency set body = replace(body, '9977581537', '9977581536')
         where idempotency_key = 'key-9977581537'",
    ),
    ("references", "delete from payment_link where slug = 'rent'"),
    ("references", "update expected_deposit set virtual_account_id = -virtual_account_id"),
    ("references", "update deposit set virtual_account_id = 7"),
    ("references", "update virtual_account set account_id = 3"),
];
