//! The demo street as a model: three phones, one server and a bad channel, all in memory, all from one seed.
#![allow(dead_code)] // each test file uses its own part

pub mod phone;
pub mod server;
pub mod world;

use gridwalk_core::{
    act::{Act, Role},
    document::{Author, Document, Edited},
    household::{self, Dwelling, FieldChange, HouseholdEdit, NewVisit, VisitKind, VisitOutcome},
    ids::{BuildingId, DeviceId, DocumentId, GridId, HouseholdId, PersonId, VisitId},
    sync::{
        actor,
        message::{AccessClass, DocumentKind, Partition},
    },
    time::Timestamp,
};
use uuid::Uuid;

/// Numbers that look random and come from a seed (splitmix64).
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }
    pub fn percent(&mut self, chance: u64) -> bool {
        self.roll() % 100 < chance
    }
}

/// An id that says what it is: `1…` people, `2…` visits and so on.
pub fn uuid(family: u8, number: u64) -> Uuid {
    Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0000_0000 | u128::from(family) << 48 | u128::from(number),
    )
}

/// Ten in the morning in Shanghai on the day of the stories; milliseconds after it.
pub fn at(ms: i64) -> Timestamp {
    Timestamp(1_789_351_200_000).plus_ms(ms)
}

pub fn partition(grid: u64) -> Partition {
    Partition {
        grid: GridId(uuid(4, grid)),
        class: AccessClass::GENERAL,
    }
}

pub fn door(number: u64) -> DocumentId {
    DocumentId(uuid(3, number))
}

pub fn device(number: u64) -> DeviceId {
    DeviceId(uuid(9, number))
}

pub fn author(number: u64, document: DocumentId, incarnation: u64, at: Timestamp) -> Author {
    Author {
        actor: actor(device(number), document, incarnation),
        act: Act {
            by: PersonId(uuid(1, number)),
            role: Role::Lead,
            device: device(number),
            recorded_at: at,
            observed_at: None,
        },
    }
}

/// A household as `number` finds it the first time.
pub fn create(number: u64, id: DocumentId, at: Timestamp) -> Edited {
    let dwelling = Dwelling {
        id: HouseholdId::from(id),
        building: BuildingId(uuid(5, 3)),
        unit: "2单元".into(),
        room: "502".into(),
    };
    let fields = [
        FieldChange::HouseholdSize(2),
        FieldChange::ContactName("王阿姨".into()),
    ];
    household::create(&dwelling, &fields, &[], &author(number, id, 0, at)).expect("a household")
}

pub fn visit(number: u64, note: &str) -> HouseholdEdit {
    HouseholdEdit::RecordVisit(NewVisit {
        id: VisitId(uuid(2, number)),
        kind: VisitKind::Routine,
        outcome: VisitOutcome::Met,
        started_at: at(0),
        ended_at: at(240_000),
        changes: vec![FieldChange::HouseholdSize((number % 7) as u8)],
        confirmed: Vec::new(),
        persons_met: Some(1),
        note: Some(note.into()),
        voice: None,
        task: None,
        incidents: Vec::new(),
        next_due: None,
        care_emergency: false,
    })
}

pub fn open<'a>(id: DocumentId, changes: impl IntoIterator<Item = &'a Vec<u8>>) -> Document {
    Document::from_changes(id, DocumentKind::HOUSEHOLD, changes).expect("a whole document")
}
