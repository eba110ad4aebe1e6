//! Names of the demo street: who works where, which ids things have. An id says what it is, and is the same in every run.

use gridwalk_core::{
    ids::{BuildingId, DeviceId, DocumentId, GridId, PersonId},
    sync::message::{AccessClass, Partition},
    time::Timestamp,
};
use uuid::Uuid;

/// `family` is the kind of thing, `number` the how-manieth.
pub fn uuid(family: u8, number: u64) -> Uuid {
    Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0000_0000 | u128::from(family) << 48 | u128::from(number),
    )
}

pub fn person(number: u64) -> PersonId {
    PersonId(uuid(1, number))
}

pub fn device(number: u64) -> DeviceId {
    DeviceId(uuid(9, number))
}

/// The device that stands for one start of the server, or for the import of the registry.
pub fn process(number: u64) -> DeviceId {
    DeviceId(uuid(8, number))
}

pub fn building() -> BuildingId {
    BuildingId(uuid(5, 3))
}

pub fn grid(number: u64) -> GridId {
    GridId(uuid(4, number))
}

pub fn general(number: u64) -> Partition {
    Partition {
        grid: grid(number),
        class: AccessClass::GENERAL,
    }
}

pub fn care(number: u64) -> Partition {
    Partition {
        grid: grid(number),
        class: AccessClass::CARE,
    }
}

/// Short names for the story.
pub fn place(partition: &Partition) -> String {
    let grid = partition.grid.0.as_u128() & 0xffff;
    match partition.class {
        AccessClass::GENERAL => format!("grid {grid}"),
        _ => format!("care of grid {grid}"),
    }
}

pub fn document_name(document: &DocumentId) -> String {
    let id = document.0.as_u128();
    let kind = match (id >> 48) & 0xff {
        3 => "household",
        6 => "incident",
        7 => "patrol",
        10 => "care plan",
        _ => "document",
    };
    format!("{kind} {}", id & 0xffff_ffff)
}

/// Ten in the morning in Shanghai on the day of the stories, and milliseconds after it.
pub fn at(ms: i64) -> Timestamp {
    Timestamp(1_789_351_200_000).plus_ms(ms)
}
