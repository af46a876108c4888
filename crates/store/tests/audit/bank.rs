//! The part of the world where a bank tells of money that came in.

use domain::Currency;
use domain::decide::{Command, JudgeDeposit, OpenVirtualAccount, TakeDeposit};
use domain::deposit::{Judgement, Notice, Sender, Sums, Trust};
use domain::provider_call::Provider;
use domain::virtual_account::VirtualAccountKind;

use crate::world::{ONE, World};

const NUMBER: &str = "9977581536";

impl World<'_> {
    /// One deposit for every state and way into it.
    pub fn bank(&self) {
        self.submit(Command::OpenVirtualAccount(Box::new(OpenVirtualAccount {
            account: ONE,
            key_use: None,
            provider: Provider::Providus,
            kind: VirtualAccountKind::Reserved,
            number: NUMBER.to_owned(),
            name: "Ada Obi".to_owned(),
            bank_name: "Providus Bank".to_owned(),
        })));
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

pub const FAULTS: [(&str, &str); 20] = [
    ("virtual_accounts", "update virtual_account set number = '99x'"),
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
    ("deposits", "update virtual_account set number = '1111111111'"),
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
    ("references", "update deposit set virtual_account_id = 7"),
    ("references", "update virtual_account set account_id = 3"),
];
