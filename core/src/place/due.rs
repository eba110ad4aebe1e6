//! When a place should be looked at next: rule × last visit. Once a month, sooner after something was found wanting, and
//! soon when nobody could look.

use super::{PlaceOutcome, PlaceView, PlaceVisitView};
use chrono::{Days, NaiveDate};

const MONTH: u64 = 30;
/// Something was found wanting, or somebody refused.
const WEEK: u64 = 7;
/// The door was shut.
const SHUT: u64 = 3;

/// The last day of the next visit; none once the place is gone.
///
/// A day that the last visitor agreed on counts before the rule. A shut door does not bring a place forward that was
/// checked before: the check still holds.
pub fn due(view: &PlaceView) -> Option<NaiveDate> {
    let mut visits: Vec<&PlaceVisitView> = view.visits.iter().collect();
    visits.sort_by_key(|seen| std::cmp::Reverse((seen.visit.ended_at, seen.visit.id)));
    let Some(last) = visits.first() else {
        return Some(later(view.since.local_date(), MONTH));
    };
    if last.visit.outcome == PlaceOutcome::Gone {
        return None;
    }
    let own = by_rule(last);
    if last.visit.next_due.is_some() || last.visit.outcome == PlaceOutcome::Checked {
        return Some(own);
    }
    let checked = visits
        .iter()
        .take_while(|seen| seen.visit.outcome != PlaceOutcome::Gone)
        .find(|seen| seen.visit.outcome == PlaceOutcome::Checked);
    Some(checked.map_or(own, |before| own.max(by_rule(before))))
}

fn by_rule(seen: &PlaceVisitView) -> NaiveDate {
    let visit = &seen.visit;
    let days = match visit.outcome {
        PlaceOutcome::Checked if visit.failed() > 0 => WEEK,
        PlaceOutcome::Checked | PlaceOutcome::Gone => MONTH,
        PlaceOutcome::Refused => WEEK,
        PlaceOutcome::Closed => SHUT,
    };
    let day = visit.ended_at.local_date();
    visit.next_due.unwrap_or_else(|| later(day, days))
}

fn later(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}
