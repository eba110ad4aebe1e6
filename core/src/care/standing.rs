//! What of a plan's log counts, and what was written without knowing better. Causal order alone decides: no clock, and not
//! who synced first.

use super::{
    CareEdit, CareLevel, CareType, ClosedView, ConsentScope, ConsentView, LevelValue, LevelView,
    NewConsent, NewSupport,
};
use crate::{
    act::Act,
    document::{Causes, Document},
    fact::Fact,
    field::Item,
};

/// The log with consents and support, and who knew of what.
pub(super) struct Standing {
    log: Vec<Item<Fact<CareEdit>>>,
    consents: Vec<Item<Fact<NewConsent>>>,
    support: Vec<Item<Fact<NewSupport>>>,
    causes: Causes,
}

impl Standing {
    pub fn new(
        document: &Document,
        mut log: Vec<Item<Fact<CareEdit>>>,
        consents: Vec<Item<Fact<NewConsent>>>,
        support: Vec<Item<Fact<NewSupport>>>,
    ) -> Self {
        log.sort_by_key(|item| (item.value.act.recorded_at, item.change, item.key.clone()));
        let carriers: Vec<_> = log
            .iter()
            .map(|item| item.change)
            .chain(consents.iter().map(|item| item.change))
            .chain(support.iter().map(|item| item.change))
            .collect();
        let causes = Causes::new(&carriers, &document.lineage());
        Self {
            log,
            consents,
            support,
            causes,
        }
    }

    /// The entries of the log that `read` understands, with their place among all events.
    fn entries<'a, T>(
        &'a self,
        read: impl Fn(&'a CareEdit) -> Option<T> + 'a,
    ) -> impl Iterator<Item = (usize, &'a Act, T)> + 'a {
        self.log
            .iter()
            .enumerate()
            .filter_map(move |(place, item)| {
                read(&item.value.item).map(|what| (place, &item.value.act, what))
            })
    }

    fn withdrawals(&self) -> impl Iterator<Item = (usize, &Act, Option<&str>)> {
        self.entries(|entry| match entry {
            CareEdit::WithdrawConsent { reason } => Some(reason.as_deref()),
            _ => None,
        })
    }

    /// A consent counts only if whoever wrote it down knew of every withdrawal. What it renews does not count beside it.
    pub fn consent(&self) -> ConsentView {
        let first = self.log.len();
        let places = first..first + self.consents.len();
        let informed = |consent: usize| {
            let mut withdrawals = self.withdrawals();
            withdrawals.all(|(withdrawal, ..)| self.causes.knew(consent, withdrawal))
        };
        let standing: Vec<usize> = places.filter(|consent| informed(*consent)).collect();
        let latest: Vec<&Item<Fact<NewConsent>>> = standing
            .iter()
            .filter(|old| !standing.iter().any(|new| self.causes.knew(*new, **old)))
            .filter_map(|place| self.consents.get(place - first))
            .collect();
        let newest = latest
            .iter()
            .max_by_key(|item| (item.value.act.recorded_at, item.change));
        if let Some(newest) = newest {
            let mut scope: Vec<ConsentScope> = newest.value.item.scope.clone();
            scope.sort_unstable();
            scope.retain(|covered| {
                let mut all = latest.iter();
                all.all(|item| item.value.item.scope.contains(covered))
            });
            let expires = latest.iter().map(|item| item.value.item.expires).min();
            return ConsentView::Given {
                scope,
                expires: expires.unwrap_or(newest.value.item.expires),
                latest: newest.value.item.clone(),
                by: newest.value.act.by,
            };
        }
        self.withdrawals()
            .last()
            .map_or(ConsentView::Pending, |(_, act, reason)| {
                ConsentView::Withdrawn {
                    by: act.by,
                    at: act.recorded_at,
                    reason: reason.map(str::to_owned),
                }
            })
    }

    /// Every support record with whether a withdrawal overrules it: one of which its author knew nothing.
    pub fn support(&self) -> Vec<(&Item<Fact<NewSupport>>, bool)> {
        let first = self.log.len() + self.consents.len();
        self.support
            .iter()
            .enumerate()
            .map(|(number, item)| {
                let place = first + number;
                let mut withdrawals = self.withdrawals();
                let overruled =
                    withdrawals.any(|(withdrawal, ..)| self.causes.concurrent(place, withdrawal));
                (item, overruled)
            })
            .collect()
    }

    fn levels(&self) -> Vec<(usize, LevelValue)> {
        let level = |entry: &CareEdit| match entry {
            CareEdit::SetLevel { level } => Some(*level),
            _ => None,
        };
        self.entries(level)
            .map(|(place, act, level)| {
                let (by, at) = (act.by, act.recorded_at);
                (place, LevelValue { level, by, at })
            })
            .collect()
    }

    /// Levels of which no author of a later one knew; the more urgent counts.
    pub fn level(&self) -> LevelView {
        let levels = self.levels();
        let values = self.unsuperseded(&levels);
        LevelView {
            level: most_urgent(&values),
            values,
        }
    }

    fn unsuperseded(&self, levels: &[(usize, LevelValue)]) -> Vec<LevelValue> {
        levels
            .iter()
            .filter(|(old, _)| !levels.iter().any(|(new, _)| self.causes.knew(*new, *old)))
            .map(|(_, value)| *value)
            .collect()
    }

    /// A type stands as long as one of those who named it was not answered by a removal.
    pub fn types(&self) -> Vec<CareType> {
        let removed: Vec<(usize, CareType)> = self
            .entries(|entry| match entry {
                CareEdit::RemoveType { care_type } => Some(*care_type),
                _ => None,
            })
            .map(|(place, _, care_type)| (place, care_type))
            .collect();
        let mut types: Vec<CareType> = self
            .entries(|entry| match entry {
                CareEdit::AddType { care_type } => Some(*care_type),
                _ => None,
            })
            .filter(|(added, _, named)| {
                !removed.iter().any(|(removal, care_type)| {
                    care_type == named && self.causes.knew(*removal, *added)
                })
            })
            .map(|(_, _, care_type)| care_type)
            .collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    /// Closed, unless a reopening answered it or somebody who did not know of it found the person worse off. With it:
    /// whether somebody helped without knowing of the end.
    pub fn closed(&self) -> Option<(ClosedView, bool)> {
        let reopened: Vec<usize> = self
            .entries(|entry| matches!(entry, CareEdit::Reopen { .. }).then_some(()))
            .map(|(place, ..)| place)
            .collect();
        let (end, act, reason) = self
            .entries(|entry| match entry {
                CareEdit::Close { reason } => Some(reason),
                _ => None,
            })
            .filter(|(end, ..)| !reopened.iter().any(|again| self.causes.knew(*again, *end)))
            .filter(|(end, ..)| !self.raised_meanwhile(*end))
            .last()?;
        let first = self.log.len() + self.consents.len();
        let helped =
            (first..first + self.support.len()).any(|support| self.causes.concurrent(support, end));
        let closed = ClosedView {
            reason: reason.clone(),
            by: act.by,
            at: act.recorded_at,
        };
        Some((closed, helped))
    }

    fn raised_meanwhile(&self, end: usize) -> bool {
        let levels = self.levels();
        let known: Vec<(usize, LevelValue)> = levels
            .iter()
            .filter(|(place, _)| self.causes.knew(end, *place))
            .copied()
            .collect();
        let before = most_urgent(&self.unsuperseded(&known));
        levels
            .iter()
            .any(|(place, value)| self.causes.concurrent(*place, end) && value.level < before)
    }

    /// Who left the team; a removal answers every joining.
    pub fn left(&self) -> Vec<uuid::Uuid> {
        self.entries(|entry| match entry {
            CareEdit::LeaveTeam { carer } => Some(carer.0),
            _ => None,
        })
        .map(|(_, _, carer)| carer)
        .collect()
    }

    /// Who read the words, oldest first.
    pub fn opens(&self) -> Vec<(&Act, &String)> {
        self.entries(|entry| match entry {
            CareEdit::Open { reason } => Some(reason),
            _ => None,
        })
        .map(|(_, act, reason)| (act, reason))
        .collect()
    }
}

/// A plan that nobody graded is looked at like the least urgent one.
fn most_urgent(values: &[LevelValue]) -> CareLevel {
    let levels = values.iter().map(|value| value.level);
    levels.min().unwrap_or(CareLevel::Third)
}
