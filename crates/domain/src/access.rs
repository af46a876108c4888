//! Who may call the API: the one decision behind every 91.

use crate::account::{Account, Environment};

/// What a request shows of itself. The account is the one its API key belongs to, if any.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    pub key_is_present: bool,
    pub account_of_key: Option<&'a Account>,
    pub account_number: Option<&'a str>,
    /// Whether the client's address is in the account's allow-list (or the list is empty).
    pub address_is_allowed: bool,
}

/// Why a request is turned away. The text names the header at fault, never its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessRefusal {
    #[error("the X-DGS-API-Key header is missing")]
    KeyMissing,
    #[error("the X-DGS-API-Key header is not a valid API key of this environment")]
    KeyUnknown,
    #[error("the X-DGS-ACCOUNT-NUMBER header is missing")]
    NumberMissing,
    #[error("the X-DGS-ACCOUNT-NUMBER header does not match the API key")]
    NumberForeign,
    #[error("requests from this address are not on the account's IP whitelist")]
    AddressNotAllowed,
}

/// Lets a request in to exactly one account, or says why not.
pub fn admit<'a>(
    environment: Environment,
    shown: &Credentials<'a>,
) -> Result<&'a Account, AccessRefusal> {
    if !shown.key_is_present {
        return Err(AccessRefusal::KeyMissing);
    }
    let account = shown
        .account_of_key
        .filter(|account| account.environment == environment)
        .ok_or(AccessRefusal::KeyUnknown)?;
    match shown.account_number {
        Some(number) if number != account.number => return Err(AccessRefusal::NumberForeign),
        None if account.requires_number => return Err(AccessRefusal::NumberMissing),
        Some(_) | None => {}
    }
    match environment {
        Environment::Live if !shown.address_is_allowed => Err(AccessRefusal::AddressNotAllowed),
        Environment::Live | Environment::Test => Ok(account),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fee::FeeRule;
    use crate::id::AccountId;
    use crate::settlement::SettlementRule;

    fn account(requires_number: bool, environment: Environment) -> Account {
        Account {
            id: AccountId(1),
            merchant_id: "m".to_owned(),
            merchant_name: "M".to_owned(),
            environment,
            number: "ACC-0001234".to_owned(),
            requires_number,
            allowed_networks: Vec::new(),
            charge_fee: FeeRule::CHARGE_DEFAULT,
            disbursement_fee: FeeRule::DISBURSEMENT_DEFAULT,
            settlement: SettlementRule::SANDBOX_DEFAULT,
            card_currencies: Vec::new(),
        }
    }

    #[test]
    fn each_fault_has_its_own_name() {
        use AccessRefusal::*;
        let (strict, lax) = (account(true, Environment::Test), account(false, Environment::Test));
        let live = account(true, Environment::Live);
        let right = Some("ACC-0001234");
        for (name, account, key, number, allowed, expected) in [
            ("all right", Some(&strict), true, right, true, Ok(())),
            ("no key", None, false, right, true, Err(KeyMissing)),
            ("wrong key", None, true, right, true, Err(KeyUnknown)),
            ("key of the other environment", Some(&live), true, right, true, Err(KeyUnknown)),
            ("no number", Some(&strict), true, None, true, Err(NumberMissing)),
            ("no number, switched off", Some(&lax), true, None, true, Ok(())),
            ("foreign number", Some(&strict), true, Some("ACC-0000001"), true, Err(NumberForeign)),
            ("foreign, switched off", Some(&lax), true, Some("x"), true, Err(NumberForeign)),
            ("address, in test", Some(&strict), true, right, false, Ok(())),
        ] {
            let shown = Credentials {
                key_is_present: key,
                account_of_key: account,
                account_number: number,
                address_is_allowed: allowed,
            };
            assert_eq!(admit(Environment::Test, &shown).map(drop), expected, "{name}");
        }
    }

    #[test]
    fn the_whitelist_counts_in_live_alone() {
        let live = account(true, Environment::Live);
        let shown = |address_is_allowed| Credentials {
            key_is_present: true,
            account_of_key: Some(&live),
            account_number: Some("ACC-0001234"),
            address_is_allowed,
        };
        assert!(admit(Environment::Live, &shown(true)).is_ok());
        assert_eq!(
            admit(Environment::Live, &shown(false)).unwrap_err(),
            AccessRefusal::AddressNotAllowed
        );
    }
}
