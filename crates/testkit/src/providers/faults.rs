//! What goes wrong, and when: a pure function of the plan, the operation and the number of the
//! request, so that a run that failed can be run again.

use sha2::{Digest, Sha256};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is done; the connection breaks before any answer.
    LostAfterExecute,
    /// It is done; the answer says 502.
    ErrorAfterExecute,
    /// It is not done; the answer says 503.
    ErrorBefore,
    /// It is done; a page for people comes instead of the answer, with 200.
    Html,
    /// It is done; 200 and nothing.
    EmptyOk,
    /// It is done; the JSON ends in its middle, and the length that is told agrees.
    Truncated,
    /// It is done; the answer never gets on.
    Drip,
    /// It is done; two mebibytes of blanks stand before the answer.
    Huge,
    /// Every token given out so far is void, as if this request had travelled too long.
    TokensExpired,
    /// The connection breaks before anything is read. Of the operation `connect` alone, because
    /// nothing is known of the request.
    Refused,
}

impl Fault {
    pub const ALL: [Fault; 10] = [
        Fault::LostAfterExecute,
        Fault::ErrorAfterExecute,
        Fault::ErrorBefore,
        Fault::Html,
        Fault::EmptyOk,
        Fault::Truncated,
        Fault::Drip,
        Fault::Huge,
        Fault::TokensExpired,
        Fault::Refused,
    ];
}

/// The operation of faults before anything is read.
pub const CONNECT: &str = "connect";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Plan {
    #[default]
    Flawless,
    /// The request of an operation with this number, from 0, meets the fault.
    Script(Vec<(&'static str, u64, Fault)>),
    /// Of 1000 requests about so many meet a fault of the list, any as likely as another.
    Seeded { seed: u64, per_mille: u64, faults: Vec<Fault> },
}

impl Plan {
    pub fn fault(&self, operation: &str, number: u64) -> Option<Fault> {
        match self {
            Plan::Flawless => None,
            Plan::Script(faults) => faults
                .iter()
                .find(|(its, at, _)| *its == operation && *at == number)
                .map(|(_, _, fault)| *fault),
            Plan::Seeded { seed, per_mille, faults } => {
                // Only a refusal can meet a request of which nothing is known, and nothing else.
                let fitting: Vec<Fault> = faults
                    .iter()
                    .copied()
                    .filter(|fault| (*fault == Fault::Refused) == (operation == CONNECT))
                    .collect();
                let drawn = draw(*seed, operation, number);
                let count = u64::try_from(fitting.len()).unwrap_or(0);
                let place = (drawn / 1000).checked_rem(count)?;
                let index = usize::try_from(place).unwrap_or(0);
                fitting.get(index).copied().filter(|_| drawn % 1000 < *per_mille)
            }
        }
    }
}

fn draw(seed: u64, operation: &str, number: u64) -> u64 {
    let hash = Sha256::digest(format!("{seed} {operation} {number}"));
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seeded_plan_repeats_itself_and_keeps_about_its_share() {
        let plan = Plan::Seeded { seed: 7, per_mille: 200, faults: Fault::ALL.to_vec() };
        let run = |operation| (0..1000).map(|n| plan.fault(operation, n)).collect::<Vec<_>>();
        assert_eq!(run("charge"), run("charge"));
        assert_ne!(run("charge"), run("transfer"));
        let met = run("charge").iter().flatten().count();
        assert!((150..250).contains(&met), "{met} of 1000");
        assert!(!run("charge").contains(&Some(Fault::Refused)));
        assert!(run(CONNECT).iter().flatten().all(|fault| *fault == Fault::Refused));
    }

    #[test]
    fn a_script_names_its_requests() {
        let plan = Plan::Script(vec![("charge", 1, Fault::Html)]);
        assert_eq!(plan.fault("charge", 0), None);
        assert_eq!(plan.fault("charge", 1), Some(Fault::Html));
        assert_eq!(plan.fault("transfer", 1), None);
    }
}
