//! A hazard as one phone reports it.

use super::{nine, partition, phone::Phone};
use gridwalk_core::{
    ids::{DocumentId, EventId, Hash, IncidentId},
    incident::{
        self, IncidentAction, IncidentEvent, IncidentPlace, NewIncident, Severity, SourceChannel,
    },
    photo::{Original, Photo, PhotoStage},
    sync::message::Partition,
};
use gridwalk_fixtures::photos::Picture;
use uuid::Uuid;

pub fn reported(number: u128) -> NewIncident {
    NewIncident {
        id: IncidentId(Uuid::from_u128(
            0x0199_4000_0000_7000_8000_0000_0000_0000 | number,
        )),
        grid: partition("梧桐-03").grid,
        local_no: format!("梧桐-03-0914-{number:03}"),
        source: SourceChannel::Patrol,
        category: "F01001".into(),
        severity: Severity::new(3).expect("a level"),
        place: IncidentPlace {
            text: "3幢2单元三楼楼道".into(),
            household: None,
            position: None,
        },
        description: "楼道堆了两辆旧童车和纸箱".into(),
        finding: None,
    }
}

/// T1 and T2 on this phone.
pub fn report(phone: &mut Phone, number: u128) -> DocumentId {
    report_in(phone, number, partition("梧桐-03"))
}

pub fn report_in(phone: &mut Phone, number: u128, home: Partition) -> DocumentId {
    let new = reported(number);
    let id = new.id.into();
    phone
        .act(id, home, nine(), |_, author, _| {
            incident::create(&new, &[], author)
        })
        .expect("a draft");
    submit(phone, id, home);
    id
}

/// A draft with this photo; its thumbnail goes with the next upload.
pub fn report_with(phone: &mut Phone, number: u128, picture: &Picture) -> DocumentId {
    report_beside(phone, number, picture, None)
}

/// The same with the camera's own picture.
pub fn report_beside(
    phone: &mut Phone,
    number: u128,
    picture: &Picture,
    original: Option<&[u8]>,
) -> DocumentId {
    let (new, home) = (reported(number), partition("梧桐-03"));
    let shown = Photo {
        hash: Hash::of(&picture.jpeg),
        thumbnail: Hash::of(&picture.thumbnail),
        stage: PhotoStage::Before,
        taken_at: nine(),
        width: picture.width,
        height: picture.height,
        bytes: picture.jpeg.len() as u32,
        position: None,
        original: original.map(|jpeg| Original {
            hash: Hash::of(jpeg),
            bytes: jpeg.len() as u32,
            turn: 6,
        }),
    };
    phone.blobs.push(picture.thumbnail.clone());
    phone
        .act(new.id.into(), home, nine(), |_, author, _| {
            incident::create(&new, &[shown], author)
        })
        .expect("an incident");
    new.id.into()
}

pub fn submit(phone: &mut Phone, id: DocumentId, home: Partition) -> Hash {
    phone
        .act(id, home, nine(), |document, author, order| {
            let event = IncidentEvent {
                id: EventId(Uuid::from_u128(id.0.as_u128() + 1)),
                act: author.act.clone(),
                department: None,
                action: IncidentAction::Submit {
                    without_photo_because: Some("太暗".into()),
                },
            };
            incident::record(document.expect("a draft"), &event, author, order)
        })
        .expect("a report")
}
