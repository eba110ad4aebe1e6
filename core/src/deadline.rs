//! Deadlines by working time (`domain.md` §3.5.4): the handling clock runs only inside working windows, stops while
//! an incident is suspended, and skips weekends and days off. Limits are data; nothing here knows a city's numbers.

use crate::{
    incident::{IncidentView, Severity},
    reference::{Calendar, DeadlineRule, LimitUnit},
    time::Timestamp,
};
use chrono::{Datelike, Days, NaiveDate, NaiveTime, Weekday};

/// A stretch of time, from (inside) to (outside).
type Span = (Timestamp, Timestamp);

/// Days looked ahead before giving up: a limit that needs more than ten years is a mistake in the data.
const HORIZON_DAYS: u64 = 3_660;

/// How much time may pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: LimitUnit,
}

/// While it lasts the clock stands; a pause without an end lasts still.
pub type Pause = (Timestamp, Option<Timestamp>);

/// When a limit that began at `start` runs out. `None` while a pause lasts, or beyond ten years.
///
/// * `紧急工作时` are hours of the clock, day and night.
/// * `工作时` are hours inside working windows.
/// * `工作日` end at closing time of the n-th working day after the day of `start`; a day on whose closing time the
///   clock stood does not count.
pub fn due(
    limit: Limit,
    start: Timestamp,
    pauses: &[Pause],
    calendar: &Calendar,
) -> Option<Timestamp> {
    let pauses = closed(pauses)?;
    match limit.unit {
        LimitUnit::EmergencyHours => spend(
            limit.amount,
            running(std::iter::once((start, Timestamp(i64::MAX))), &pauses),
        ),
        LimitUnit::WorkingHours => {
            let windows = days_from(start.local_date())
                .flat_map(|day| windows_of(day, calendar))
                .filter_map(|w| later(w, start));
            spend(limit.amount, running(windows, &pauses))
        }
        LimitUnit::WorkingDays => days_from(start.local_date())
            .skip(1)
            .filter_map(|day| {
                windows_of(day, calendar)
                    .last()
                    .map(|(_, closing)| *closing)
            })
            .filter(|closing| {
                !pauses
                    .iter()
                    .any(|(from, to)| from < closing && closing < to)
            })
            .nth(limit.amount.checked_sub(1)? as usize),
    }
}

/// Milliseconds of running clock between two instants, for a countdown; negative when `to` is before `from`.
/// Working days are counted by their windows, like working hours.
pub fn time_left(unit: LimitUnit, from: Timestamp, to: Timestamp, calendar: &Calendar) -> i64 {
    if to < from {
        return -time_left(unit, to, from, calendar);
    }
    match unit {
        LimitUnit::EmergencyHours => to.since(from),
        LimitUnit::WorkingHours | LimitUnit::WorkingDays => days_from(from.local_date())
            .take_while(|day| *day <= to.local_date())
            .flat_map(|day| windows_of(day, calendar))
            .filter_map(|window| later(window, from))
            .map(|(open, close)| close.min(to).since(open).max(0))
            .sum(),
    }
}

/// How the handling clock of one incident stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Handling<'a> {
    /// The rule behind it.
    pub rule: &'a DeadlineRule,
    /// When it is due: by the rule, with the pauses, or by the extension if that is later.
    pub due: Timestamp,
    /// Milliseconds of running clock that are left; negative once it is overdue.
    pub left_ms: i64,
    /// Milliseconds of running clock that were used.
    pub used_ms: i64,
    /// The clock stands now, until then.
    pub stands_until: Option<Timestamp>,
}

/// The handling clock at `now`; none before the incident was dispatched, or where no rule or calendar speaks of it.
pub fn handling<'a>(
    view: &IncidentView,
    rules: &'a [DeadlineRule],
    calendar: &Calendar,
    now: Timestamp,
) -> Option<Handling<'a>> {
    let (category, start) = (&view.created.category, view.dispatched_at?);
    let rule = rule_for(rules, category, view.severity, start.local_date())?;
    let suspensions = &view.course.suspensions;
    let pauses: Vec<Pause> = suspensions.iter().map(|s| (s.from, Some(s.to))).collect();
    let limit = Limit {
        amount: rule.amount,
        unit: rule.unit,
    };
    let due = due(limit, start, &pauses, calendar)?;
    let due = view.course.extended_to.map_or(due, |later| later.max(due));
    let mut standing = suspensions.iter().filter(|s| s.from <= now && now < s.to);
    let stands_until = standing.next().map(|s| s.to);
    let ran = |from, to| time_left(rule.unit, from, to, calendar);
    let stood: i64 = suspensions
        .iter()
        .filter(|pause| pause.from < now)
        .map(|pause| ran(pause.from, pause.to.min(now)))
        .sum();
    Some(Handling {
        rule,
        due,
        left_ms: ran(stands_until.unwrap_or(now), due),
        used_ms: (ran(start, now) - stood).max(0),
        stands_until,
    })
}

/// The rule for a category at a severity on a day: the longest category prefix wins, then a rule for this very level,
/// then the youngest.
pub fn rule_for<'a>(
    rules: &'a [DeadlineRule],
    category: &str,
    severity: Severity,
    on: NaiveDate,
) -> Option<&'a DeadlineRule> {
    rules
        .iter()
        .filter(|rule| category.starts_with(&rule.category) && rule.valid_from <= on)
        .filter(|rule| rule.level.is_none_or(|level| level == severity.level()))
        .max_by_key(|rule| (rule.category.len(), rule.level.is_some(), rule.valid_from))
}

/// Whether people work on that day: Monday to Friday unless off, and weekends that are made up for.
pub fn is_working_day(day: NaiveDate, calendar: &Calendar) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    calendar.working_days.contains(&day) || !weekend && !calendar.days_off.contains(&day)
}

/// The last day before that one on which people worked; the day before when nobody did for a month.
pub fn working_day_before(day: NaiveDate, calendar: &Calendar) -> NaiveDate {
    const MONTH: u64 = 31;
    let mut before = (1..=MONTH).filter_map(|n| day.checked_sub_days(Days::new(n)));
    let yesterday = day.pred_opt().unwrap_or(day);
    before
        .find(|day| is_working_day(*day, calendar))
        .unwrap_or(yesterday)
}

fn days_from(day: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    (0..HORIZON_DAYS).map_while(move |n| day.checked_add_days(Days::new(n)))
}

fn windows_of(day: NaiveDate, calendar: &Calendar) -> Vec<Span> {
    if !is_working_day(day, calendar) {
        return Vec::new();
    }
    calendar
        .windows
        .iter()
        .filter_map(|(open, close)| Some((at(day, *open)?, at(day, *close)?)))
        .collect()
}

fn at(day: NaiveDate, time: NaiveTime) -> Option<Timestamp> {
    use chrono::Timelike;
    Timestamp::from_shanghai(day, time.hour(), time.minute())
}

/// The part of a window that is not before `start`.
fn later((open, close): Span, start: Timestamp) -> Option<Span> {
    (start < close).then(|| (open.max(start), close))
}

/// All pauses as spans in order, or `None` if one still lasts.
fn closed(pauses: &[Pause]) -> Option<Vec<Span>> {
    let mut spans = pauses
        .iter()
        .map(|(from, to)| to.map(|to| (*from, to)))
        .collect::<Option<Vec<_>>>()?;
    spans.sort();
    Some(spans)
}

/// The parts of `windows` in which the clock runs.
fn running<'a>(
    windows: impl Iterator<Item = Span> + 'a,
    pauses: &'a [Span],
) -> impl Iterator<Item = Span> + 'a {
    windows.flat_map(move |(open, close)| {
        let mut parts = Vec::new();
        let mut from = open;
        for (paused, resumed) in pauses {
            if *resumed <= from || *paused >= close {
                continue;
            }
            if *paused > from {
                parts.push((from, *paused));
            }
            from = from.max(*resumed);
        }
        if from < close {
            parts.push((from, close));
        }
        parts
    })
}

/// The instant at which `hours` of running clock are used up.
fn spend(hours: u32, spans: impl Iterator<Item = Span>) -> Option<Timestamp> {
    let mut left = i64::from(hours) * 3_600_000;
    for (from, to) in spans {
        let length = to.since(from);
        if left <= length {
            return Some(from.plus_ms(left));
        }
        left -= length;
    }
    None
}
