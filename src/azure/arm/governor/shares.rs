use std::collections::HashMap;

use super::budgets::Id;
use crate::azure::guid::TenantId;

/// What each party has had of each budget, so that whoever has had least lately comes first.
#[derive(Debug, Default)]
pub(super) struct Shares {
    parties: HashMap<Option<TenantId>, Party>,
    /// The last turn that a party had at a budget.
    had: HashMap<(Id, Party), u64>,
    /// The last turn that it will have had there when those have gone that stand in line.
    expected: HashMap<(Id, Party), u64>,
    turns: u64,
}

/// Whom requests are sent for: a customer, or nobody in particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Party(usize);

impl Shares {
    pub(super) fn party(&mut self, customer: Option<&TenantId>) -> Party {
        let next = Party(self.parties.len());
        *self.parties.entry(customer.cloned()).or_insert(next)
    }

    /// A party has got something of these.
    pub(super) fn has(&mut self, party: Party, budgets: &[Id]) {
        self.turns += 1;
        let had = budgets.iter().map(|&id| ((id, party), self.turns));
        self.had.extend(had);
    }

    /// A party stands in line at this.
    pub(super) fn will_have(&mut self, party: Party, budget: Id) {
        self.turns += 1;
        self.expected.insert((budget, party), self.turns);
    }

    /// The line is formed anew.
    pub(super) fn form(&mut self) {
        self.expected.clear();
    }

    /// Where a party stands that wants all of these: by its last turn at the one that it has had
    /// least lately. By the latest it could be kept from one budget for what it gets of another.
    pub(super) fn last(&self, party: Party, budgets: &[Id]) -> u64 {
        let last = |&id: &Id| {
            let at = (id, party);
            self.expected.get(&at).or_else(|| self.had.get(&at))
        };
        let last = budgets.iter().map(|id| last(id).copied().unwrap_or(0));
        last.min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_had_least_lately_is_known_by_budget() {
        let mut shares = Shares::default();
        let customer = "00000000-0000-0000-0000-000000000001".parse().unwrap();
        let (one, nobody) = (shares.party(Some(&customer)), shares.party(None));
        assert_ne!(one, nobody);
        assert_eq!(shares.party(Some(&customer)), one);
        shares.has(one, &[7, 8]);
        shares.has(nobody, &[7]);
        assert!(shares.last(one, &[7]) < shares.last(nobody, &[7]));
        assert!(shares.last(nobody, &[8]) < shares.last(one, &[8]));
        assert_eq!(shares.last(nobody, &[7, 8]), shares.last(nobody, &[8]));
    }

    #[test]
    fn a_line_that_is_formed_anew_leaves_nothing() {
        let mut shares = Shares::default();
        let party = shares.party(None);
        shares.has(party, &[7]);
        let last = shares.last(party, &[7]);
        shares.will_have(party, 7);
        assert!(shares.last(party, &[7]) > last);
        shares.form();
        assert_eq!(shares.last(party, &[7]), last);
    }
}
