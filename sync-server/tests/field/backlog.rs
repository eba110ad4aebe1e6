//! What is durable and not merged, as a server leaves it behind that ends between the two.

use super::{Field, demo_street, nine, partition};
use gridwalk_core::{
    act::{Act, Role},
    document::Author,
    household::{self, Dwelling},
    ids::{DeviceId, DocumentId, PersonId},
    sync::{actor, message::DocumentKind},
};
use gridwalk_server::store::log::{self, Entry, Origin};
use uuid::Uuid;

/// So many doors as somebody left them in the log: durable, not merged.
pub async fn log_doors(field: &Field, count: usize) -> Vec<DocumentId> {
    let home = partition("梧桐-03");
    let doors = demo_street().households.iter();
    let doors = doors.filter(|door| door.grid == home.grid.0).take(count);
    let (device, worker) = (DeviceId(Uuid::now_v7()), PersonId(Uuid::now_v7()));
    let origin = Origin {
        device,
        worker,
        envelope: None,
        received_at: nine(),
        offered_by: None,
    };
    let made: Vec<_> = doors
        .map(|door| {
            let dwelling = Dwelling {
                id: door.id.into(),
                building: door.building.into(),
                unit: door.unit.clone(),
                room: door.room.clone(),
            };
            let id: DocumentId = dwelling.id.into();
            let author = Author {
                actor: actor(device, id, 0),
                act: Act {
                    by: worker,
                    role: Role::Steward,
                    device,
                    recorded_at: nine(),
                    observed_at: None,
                },
            };
            let made = household::create(&dwelling, &[], &[], &author);
            (id, made.expect("a household").change)
        })
        .collect();
    let ids = made.iter().map(|(id, _)| *id).collect();
    let store = &field.server.state().store;
    let written = store.write(move |connection| {
        for (document, change) in &made {
            log::catalogue(connection, *document, DocumentKind::HOUSEHOLD, home)?;
            let entry = Entry {
                document: *document,
                hash: change.hash,
                actor: change.actor,
                seq: change.seq,
                bytes: &change.bytes,
            };
            log::append(connection, &entry, "logged", &origin)?;
        }
        Ok(())
    });
    written.await.expect("rows in the log");
    ids
}
