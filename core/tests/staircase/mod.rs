//! One staircase of the demo street for the tests: three workers with a phone each, and the door of 502.
#![allow(dead_code)] // each test file uses its own part

use chrono::NaiveDate;
use gridwalk_core::{
    act::{Act, Role},
    document::{Author, Document, Edited},
    error::{Code, Refusal},
    household::{
        self, Dwelling, DwellingUse, FieldChange, HouseholdEdit, NewMember, NewVisit, VisitKind,
        VisitOutcome,
    },
    ids::{BuildingId, DeviceId, HouseholdId, MemberId, PersonId, VisitId},
    time::Timestamp,
};
use uuid::Uuid;

/// An id that says what it is: `1…` people, `2…` visits and so on.
pub fn uuid(family: u8, number: u32) -> Uuid {
    Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0000_0000 | (u128::from(family) << 32) | u128::from(number),
    )
}

/// A clock reading in Shanghai on the day of the stories.
pub fn at(hour: u32, minute: u32) -> Timestamp {
    let day = NaiveDate::from_ymd_opt(2026, 9, 14).expect("a day");
    Timestamp::from_shanghai(day, hour, minute).expect("a clock reading")
}

/// Worker `number` on the phone of that number, writing at `at`.
pub fn worker(number: u8, at: Timestamp) -> Author {
    let mut actor = [0xa0; 16];
    actor[15] = number;
    Author {
        actor,
        act: Act {
            by: PersonId(uuid(1, number.into())),
            role: Role::Worker,
            device: DeviceId(uuid(9, number.into())),
            recorded_at: at,
            observed_at: None,
        },
    }
}

/// The registry.
pub fn registry() -> Author {
    let mut author = worker(0, at(6, 0));
    author.act.role = Role::Steward;
    author
}

pub fn dwelling() -> Dwelling {
    Dwelling {
        id: HouseholdId(uuid(3, 502)),
        building: BuildingId(uuid(4, 3)),
        unit: "2单元".into(),
        room: "502".into(),
    }
}

pub fn member(number: u32, name: &str) -> NewMember {
    NewMember {
        id: MemberId(uuid(5, number)),
        display_name: name.into(),
        birth_year: Some(1948),
        relation: Some("户主".into()),
    }
}

/// 502 as the registry made it.
pub fn household() -> Edited {
    let fields = [
        FieldChange::Use(DwellingUse::OwnerOccupied),
        FieldChange::HouseholdSize(2),
        FieldChange::ContactName("王阿姨".into()),
        FieldChange::ContactPhone("142 0000 0001".into()),
    ];
    household::create(&dwelling(), &fields, &[member(1, "王阿姨")], &registry())
        .expect("the registry's household")
}

/// A plain visit: met, nothing new.
pub fn visit(number: u32, at: Timestamp) -> NewVisit {
    NewVisit {
        id: VisitId(uuid(2, number)),
        kind: VisitKind::Routine,
        outcome: VisitOutcome::Met,
        started_at: at,
        ended_at: at.plus_ms(4 * 60_000),
        changes: Vec::new(),
        confirmed: Vec::new(),
        persons_met: Some(1),
        note: None,
        voice: None,
        task: None,
        incidents: Vec::new(),
        next_due: None,
        care_emergency: false,
    }
}

/// The edit by worker `number`, written down when the visit ended.
pub fn record(document: &Document, number: u8, visit: NewVisit) -> Edited {
    let author = worker(number, visit.ended_at);
    household::apply(
        document.clone(),
        &HouseholdEdit::RecordVisit(visit),
        &author,
    )
    .expect("a visit")
}

pub fn apply(
    document: &Document,
    edit: &HouseholdEdit,
    author: &Author,
) -> Result<Edited, Refusal> {
    household::apply(document.clone(), edit, author)
}

pub fn code<T>(result: Result<T, Refusal>) -> Option<Code> {
    result.err().map(|refusal| refusal.code)
}

/// `a` with what `b` wrote.
pub fn merged(a: &Document, b: &Document) -> Document {
    let mut merged = a.clone();
    let changes = b.clone().changes();
    merged
        .merge_changes(changes.iter().map(|change| &change.bytes))
        .expect("a common root");
    merged
}
