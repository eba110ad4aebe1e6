//! When a plan is to be walked again: rule × last walked, by days in Shanghai.

use crate::{
    ids::PersonId,
    reference::{Frequency, Plan},
    time::Timestamp,
};
use chrono::{Datelike, Days, NaiveDate, NaiveTime};

const WEEK: u16 = 7;

/// What is due of a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PatrolDue {
    /// Last day.
    pub day: NaiveDate,
    /// Days past it; 0 when in time.
    pub overdue_days: u32,
    /// Past its day, or past the hours of it.
    pub late: bool,
    /// How often it was walked in the stretch that counts: the day, or the week.
    pub done: u32,
    /// How often it is asked for in that stretch.
    pub asked: u32,
    /// Days until it would be due anew; it may wait no longer.
    pub every: u32,
}

/// A patrol of a plan: as much of it as the rule asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Walk {
    /// When it began.
    pub started_at: Timestamp,
    /// Somebody ended it.
    pub ended: bool,
    /// Points that somebody wrote something of.
    pub points: u32,
    /// Who led it.
    pub by: PersonId,
}

impl Walk {
    /// Whoever pressed start by mistake, and ended it on the spot, has walked nothing; and of one that nobody ended nobody
    /// knows that it was walked to its end.
    pub fn counts(&self) -> bool {
        self.ended && self.points > 0
    }
}

/// What is due of a plan after these patrols of it (in any order), whoever walked them; nothing while they are enough.
///
/// * A round of every day that was missed is not owed: nobody can walk Friday's on Monday. So it is due today and never days
///   late, and late once its hours are over.
/// * Any other is due `days / times` after it was walked last, and a week (Monday to Sunday) that has seen it as often as
///   asked asks for no more.
/// * One that was never walked is due today.
pub fn due(plan: &Plan, walks: &[Walk], now: Timestamp) -> Option<PatrolDue> {
    let Frequency { times, days } = plan.frequency?;
    if times == 0 || days == 0 {
        return None;
    }
    let today = plan.day_of(now);
    // a colleague's clock may be ahead; what it says of tomorrow says nothing of today
    let walks: Vec<NaiveDate> = walks
        .iter()
        .filter(|walk| walk.counts())
        .map(|walk| plan.day_of(walk.started_at))
        .filter(|day| *day <= today)
        .collect();
    let since = |from: NaiveDate| walks.iter().filter(|day| **day >= from).count();
    let (asked, done) = match days {
        1 => (usize::from(times), since(today)),
        WEEK => (usize::from(times), since(monday(today))),
        _ => (1, 0),
    };
    let gap = (days / u16::from(times)).max(1);
    let last = walks.iter().max().copied();
    let day = match last {
        _ if days == 1 && done >= asked => return None,
        Some(last) if days > 1 => {
            let week = monday(last);
            let in_it = walks.iter().filter(|day| monday(**day) == week).count();
            match plus(last, gap) {
                next if days == WEEK && in_it >= asked => next.max(plus(week, WEEK)),
                next => next,
            }
        }
        _ => today,
    };
    let overdue_days = u32::try_from((today - day).num_days()).ok()?; // before its day nothing is due
    let hours_over = plan
        .window
        .is_some_and(|(from, to)| days == 1 && from <= to && now.shanghai().time() > to);
    Some(PatrolDue {
        day,
        overdue_days,
        late: overdue_days > 0 || hours_over,
        done: u32::try_from(done).unwrap_or(u32::MAX),
        asked: u32::try_from(asked).unwrap_or(u32::MAX),
        // what was never walked is due every day anew
        every: last.map_or(1, |_| gap.into()),
    })
}

impl Plan {
    /// The day in Shanghai to which a walk at that instant belongs. Of hours that go past midnight the small ones belong to
    /// the evening before: who sets out at 00:20 walks last night's round.
    pub fn day_of(&self, at: Timestamp) -> NaiveDate {
        let day = at.local_date();
        let of_last_night =
            |(from, to): (NaiveTime, NaiveTime)| to < from && at.shanghai().time() <= to;
        match self.window {
            Some(window) if of_last_night(window) => day.pred_opt().unwrap_or(day),
            _ => day,
        }
    }
}

fn monday(day: NaiveDate) -> NaiveDate {
    let past = u64::from(day.weekday().num_days_from_monday());
    day.checked_sub_days(Days::new(past)).unwrap_or(day)
}

fn plus(day: NaiveDate, days: u16) -> NaiveDate {
    day.checked_add_days(Days::new(days.into())).unwrap_or(day)
}
