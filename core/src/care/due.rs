//! When somebody should be looked in on next: rule × last seen. The rule is the level's, and an elder is seen once a month
//! whatever the level (`domain.md` §3.4).

use super::{CareLevel, CareType, CareView, ConsentStanding, ConsentView};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// How long somebody may wait to be asked for consent.
const ASK_WITHIN_DAYS: u64 = 7;
const MONTH: u64 = 30;
/// So many days before its end a consent is to be renewed: whoever is in most need is seen twice until then, and there is
/// time to find a witness.
const RENEW_AHEAD_DAYS: i64 = 14;

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum CareDueWhy {
    /// 探访
    Visit,
    /// 问同意
    AskConsent,
    /// 续签同意
    RenewConsent,
}

/// What is due, and its last day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct CareDue {
    /// What.
    pub why: CareDueWhy,
    /// Last day.
    pub day: NaiveDate,
}

/// Days between two visits.
pub fn frequency_days(level: CareLevel, types: &[CareType]) -> u64 {
    const ELDERS: [CareType; 3] = [
        CareType::LivingAlone,
        CareType::EmptyNest,
        CareType::LeftBehindElder,
    ];
    match level {
        CareLevel::First => 7,
        CareLevel::Second => MONTH,
        CareLevel::Third if types.iter().any(|of| ELDERS.contains(of)) => MONTH,
        CareLevel::Third => 90,
    }
}

/// What is due next; nothing once the consent is withdrawn or the plan closed. `visited` is the last care visit that stands
/// in the household itself.
pub fn due(view: &CareView, visited: Option<NaiveDate>, today: NaiveDate) -> Option<CareDue> {
    if view.closed.is_some() {
        return None;
    }
    let begun = view.begun.at.local_date();
    let (why, day) = match (view.consent.standing(today), &view.consent) {
        (ConsentStanding::Withdrawn, _) => return None,
        (ConsentStanding::Expired, ConsentView::Given { expires, .. }) => {
            (CareDueWhy::RenewConsent, *expires)
        }
        (ConsentStanding::Given, _) => {
            let seen = view.last_seen.map(|at| at.local_date());
            let last = seen.max(visited).unwrap_or(begun);
            let days = frequency_days(view.level.level, &view.types);
            let visit = later(last, days);
            match ending(view, today) {
                // by the next visit nothing would be allowed any more
                Some(end) if end < visit => (CareDueWhy::RenewConsent, end),
                _ => (CareDueWhy::Visit, visit),
            }
        }
        _ => (CareDueWhy::AskConsent, later(begun, ASK_WITHIN_DAYS)),
    };
    Some(CareDue { why, day })
}

/// The last day of a consent that stands and is near its end.
pub fn ending(view: &CareView, today: NaiveDate) -> Option<NaiveDate> {
    let ConsentView::Given { expires, .. } = &view.consent else {
        return None;
    };
    let left = (*expires - today).num_days();
    (view.closed.is_none() && (0..=RENEW_AHEAD_DAYS).contains(&left)).then_some(*expires)
}

fn later(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}
