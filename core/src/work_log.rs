//! 工作日志: what a day's records say, in lines that a worker would write. A pure function of the records; the words around
//! the values belong to the screens, and what stands in the log at last is what the worker confirms.

use crate::{
    household::VisitOutcome,
    ids::{CarePlanId, HouseholdId, IncidentId, PatrolId, PlaceId},
    place::PlaceOutcome,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Visits this far apart are two walks, also in one building.
const BREAK_MS: i64 = 60 * 60 * 1000;

/// One record of the day, as the phone holds it. Only the worker's own.
#[derive(Clone, PartialEq, Debug)]
pub enum Record {
    /// 走访
    Visit {
        /// At which door.
        household: HouseholdId,
        /// `听雨苑 3幢`
        building: String,
        /// `2单元 502`
        door: String,
        /// From.
        started_at: Timestamp,
        /// Until.
        ended_at: Timestamp,
        /// How it ended.
        outcome: VisitOutcome,
        /// How many fields were put right.
        changed: u32,
        /// What was written.
        note: Option<String>,
    },
    /// 场所走访
    Place {
        /// Which.
        place: PlaceId,
        /// `小满便利店`
        name: String,
        /// From.
        started_at: Timestamp,
        /// Until.
        ended_at: Timestamp,
        /// How it ended.
        outcome: PlaceOutcome,
        /// Items that were found wanting.
        failed: u32,
        /// Leaflets that were handed out.
        leaflets: u32,
        /// What was written.
        note: Option<String>,
    },
    /// 采集表, handed in for a door
    Form {
        /// For which.
        household: HouseholdId,
        /// What it is called.
        title: FormTitle,
        /// When.
        at: Timestamp,
    },
    /// 关爱帮扶. Restricted: a log says that it was done, never for whom.
    Care {
        /// For whom; counted, not told.
        plan: CarePlanId,
        /// When.
        at: Timestamp,
    },
    /// Something done about a case.
    Case {
        /// Which.
        incident: IncidentId,
        /// Its local number.
        local_no: String,
        /// Category code.
        category: String,
        /// Where, in words.
        place: String,
        /// When.
        at: Timestamp,
        /// What.
        deed: CaseDeed,
    },
    /// 巡查
    Patrol {
        /// Which.
        patrol: PatrolId,
        /// `听雨苑早班`
        name: String,
        /// From.
        started_at: Timestamp,
        /// Until; none while it runs.
        ended_at: Option<Timestamp>,
        /// Points reached.
        reached: u32,
        /// Points of the plan.
        planned: u32,
        /// What was found.
        findings: u32,
    },
    /// 任务
    Task {
        /// What was to be done.
        text: String,
        /// When it was.
        at: Timestamp,
    },
}

/// A form as people call it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct FormTitle {
    /// `低收入家庭信息核对`
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What a worker did about a case, as far as a log tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum CaseDeed {
    /// 上报
    Reported,
    /// 现场处置
    HandledOnSite,
    /// 核实
    Verified,
    /// 核查
    Checked,
    /// 处置反馈
    ReportedBack,
    /// Anything else: a comment, a photo, a request.
    FollowedUp,
}

/// A line of the log. In the order of the day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LogLine {
    /// One walk through one building.
    Visits {
        /// From the first door.
        from: Timestamp,
        /// To the last.
        until: Timestamp,
        /// `听雨苑 3幢`
        building: String,
        /// How many doors; a door visited twice is one.
        doors: u32,
        /// How they ended, doors each.
        outcomes: Vec<(VisitOutcome, u32)>,
        /// Fields that were put right.
        changed: u32,
        /// What was written, with its door.
        notes: Vec<DoorNote>,
    },
    /// A visit to a place.
    Place {
        /// From.
        from: Timestamp,
        /// Until.
        until: Timestamp,
        /// Which.
        place: PlaceId,
        /// `小满便利店`
        name: String,
        /// How it ended.
        outcome: PlaceOutcome,
        /// Items that were found wanting.
        failed: u32,
        /// Leaflets that were handed out.
        leaflets: u32,
        /// What was written.
        note: Option<String>,
    },
    /// One form, from the first door to the last of the day.
    Forms {
        /// From.
        from: Timestamp,
        /// Until.
        until: Timestamp,
        /// What it is called.
        title: FormTitle,
        /// For how many doors it was handed in.
        doors: u32,
    },
    /// What was done for those who need care.
    Care {
        /// From.
        from: Timestamp,
        /// Until.
        until: Timestamp,
        /// How many of them.
        people: u32,
    },
    /// Something done about a case; several acts of one kind on one case are one line.
    Case {
        /// When first.
        from: Timestamp,
        /// Which.
        incident: IncidentId,
        /// Its local number.
        local_no: String,
        /// Category code.
        category: String,
        /// Where, in words.
        place: String,
        /// What.
        deed: CaseDeed,
    },
    /// A patrol.
    Patrol {
        /// From.
        from: Timestamp,
        /// Until; none while it runs.
        until: Option<Timestamp>,
        /// Which.
        patrol: PatrolId,
        /// `听雨苑早班`
        name: String,
        /// Points reached.
        reached: u32,
        /// Points of the plan.
        planned: u32,
        /// What was found.
        findings: u32,
    },
    /// A task that no record settles by itself.
    Task {
        /// When.
        from: Timestamp,
        /// What.
        text: String,
    },
}

/// A note and the door that it was written at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct DoorNote {
    /// `2单元 502`
    pub door: String,
    /// As it was written.
    pub note: String,
}

/// The lines of a day, in its order, whatever the order of the records.
pub fn lines(mut records: Vec<Record>) -> Vec<LogLine> {
    records.sort_by_key(|record| (record.at(), record.rank(), record.key()));
    let mut lines = counted(&records);
    let mut walk: Vec<Record> = Vec::new();
    for record in records {
        if let Record::Visit { .. } = record {
            if walk.last().is_some_and(|last| !last.goes_on_with(&record)) {
                lines.extend(walked(&std::mem::take(&mut walk)));
            }
            walk.push(record);
            continue;
        }
        // something else in between does not end a walk: a hazard on the stairs is reported on the way
        lines.extend(line(record, &lines));
    }
    lines.extend(walked(&walk));
    lines.sort_by_key(LogLine::began_at);
    lines
}

impl LogLine {
    /// When it began.
    pub fn began_at(&self) -> Timestamp {
        match self {
            Self::Visits { from, .. }
            | Self::Place { from, .. }
            | Self::Forms { from, .. }
            | Self::Care { from, .. }
            | Self::Case { from, .. }
            | Self::Patrol { from, .. }
            | Self::Task { from, .. } => *from,
        }
    }
}

impl Record {
    fn at(&self) -> Timestamp {
        match self {
            Self::Visit { started_at, .. }
            | Self::Place { started_at, .. }
            | Self::Patrol { started_at, .. } => *started_at,
            Self::Form { at, .. }
            | Self::Care { at, .. }
            | Self::Case { at, .. }
            | Self::Task { at, .. } => *at,
        }
    }
    fn rank(&self) -> u8 {
        match self {
            Self::Patrol { .. } => 0,
            Self::Visit { .. } => 1,
            Self::Place { .. } => 2,
            Self::Form { .. } => 3,
            Self::Care { .. } => 4,
            Self::Case { .. } => 5,
            Self::Task { .. } => 6,
        }
    }
    /// Decides between records of one moment, so that the order in which they are read does not.
    fn key(&self) -> String {
        match self {
            Self::Visit {
                household, door, ..
            } => format!("{door} {household}"),
            Self::Place { place, name, .. } => format!("{name} {place}"),
            Self::Form {
                household, title, ..
            } => format!("{title:?} {household}"),
            Self::Care { plan, .. } => plan.to_string(),
            Self::Case { incident, deed, .. } => format!("{incident} {deed:?}"),
            Self::Patrol { patrol, .. } => patrol.to_string(),
            Self::Task { text, .. } => text.clone(),
        }
    }
    fn goes_on_with(&self, next: &Self) -> bool {
        match (self, next) {
            (
                Self::Visit {
                    building, ended_at, ..
                },
                Self::Visit {
                    building: other,
                    started_at,
                    ..
                },
            ) => building == other && started_at.since(*ended_at) <= BREAK_MS,
            _ => false,
        }
    }
}

/// What is one line however often it was done: each form, and care. In the order of the records.
fn counted(records: &[Record]) -> Vec<LogLine> {
    let mut forms: BTreeMap<&FormTitle, (Vec<Timestamp>, BTreeSet<HouseholdId>)> = BTreeMap::new();
    let (mut care, mut people) = (Vec::new(), BTreeSet::new());
    for record in records {
        match record {
            Record::Form {
                household,
                title,
                at,
            } => {
                let (times, doors) = forms.entry(title).or_default();
                times.push(*at);
                doors.insert(*household);
            }
            Record::Care { plan, at } => {
                care.push(*at);
                people.insert(*plan);
            }
            _ => {}
        }
    }
    let many = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let forms = forms.into_iter().filter_map(|(title, (times, doors))| {
        Some(LogLine::Forms {
            from: *times.first()?,
            until: *times.last()?,
            title: title.clone(),
            doors: many(doors.len()),
        })
    });
    let care = care.first().zip(care.last());
    let care = care.map(|(from, until)| LogLine::Care {
        from: *from,
        until: *until,
        people: many(people.len()),
    });
    forms.chain(care).collect()
}

fn line(record: Record, before: &[LogLine]) -> Option<LogLine> {
    match record {
        Record::Visit { .. } | Record::Form { .. } | Record::Care { .. } => None,
        Record::Place {
            place,
            name,
            started_at,
            ended_at,
            outcome,
            failed,
            leaflets,
            note,
        } => Some(LogLine::Place {
            from: started_at,
            until: ended_at,
            place,
            name,
            outcome,
            failed,
            leaflets,
            note: note.filter(|words| !words.trim().is_empty()),
        }),
        Record::Case {
            incident,
            local_no,
            category,
            place,
            at,
            deed,
        } => {
            let said = before.iter().any(|line| {
                matches!(line, LogLine::Case { incident: other, deed: done, .. }
                    if *other == incident && *done == deed)
            });
            (!said).then_some(LogLine::Case {
                from: at,
                incident,
                local_no,
                category,
                place,
                deed,
            })
        }
        Record::Patrol {
            patrol,
            name,
            started_at,
            ended_at,
            reached,
            planned,
            findings,
        } => Some(LogLine::Patrol {
            from: started_at,
            until: ended_at,
            patrol,
            name,
            reached,
            planned,
            findings,
        }),
        Record::Task { text, at } => Some(LogLine::Task { from: at, text }),
    }
}

/// One walk: each door once, as it ended at last.
fn walked(walk: &[Record]) -> Option<LogLine> {
    let mut line: Option<(Timestamp, Timestamp, &str)> = None;
    let mut doors: BTreeMap<HouseholdId, VisitOutcome> = BTreeMap::new();
    let (mut changes, mut notes) = (0, Vec::new());
    for record in walk {
        let Record::Visit {
            household,
            building,
            door,
            started_at,
            ended_at,
            outcome,
            changed,
            note,
        } = record
        else {
            continue;
        };
        line = Some(match line {
            None => (*started_at, *ended_at, building.as_str()),
            Some((from, until, building)) => (from, until.max(*ended_at), building),
        });
        doors.insert(*household, *outcome);
        changes += changed;
        if let Some(note) = note
            .as_deref()
            .map(str::trim)
            .filter(|note| !note.is_empty())
        {
            notes.push(DoorNote {
                door: door.clone(),
                note: note.to_owned(),
            });
        }
    }
    let (from, until, building) = line?;
    let mut outcomes: Vec<(VisitOutcome, u32)> = Vec::new();
    for outcome in doors.values() {
        match outcomes.iter_mut().find(|(known, _)| known == outcome) {
            Some((_, many)) => *many += 1,
            None => outcomes.push((*outcome, 1)),
        }
    }
    outcomes.sort_by_key(|(outcome, many)| (std::cmp::Reverse(*many), *outcome));
    Some(LogLine::Visits {
        from,
        until,
        building: building.to_owned(),
        doors: u32::try_from(doors.len()).unwrap_or(u32::MAX),
        outcomes,
        changed: changes,
        notes,
    })
}
