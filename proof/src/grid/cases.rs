//! 事件: two photos and up to eight events; every sixth is filed and waits for its department.

use super::{Maker, Telling, World, words};
use crate::process::Outcome;
use gridwalk_core::{
    document::Unordered,
    ids::{EventId, Hash, IncidentId},
    incident::{
        self, IncidentAction as A, IncidentEvent, IncidentPlace, NewIncident, Severity,
        SourceChannel,
    },
    photo::{Photo, PhotoStage, Position},
    time::Timestamp,
};
use rand::Rng;

const LEAD: usize = 1;
const DISPATCHER: usize = 2;
const HANDLER: usize = 3;

pub(super) fn incidents(maker: &mut Maker, world: &mut World, count: usize) -> Outcome<()> {
    for n in 0..count {
        let waits = n % 6 == 0;
        let began = if waits {
            maker.then(1)
        } else {
            maker.then(2 + n as i64 % 80)
        };
        let reporter = maker.roll(2);
        let new = new(maker, world, began, n)?;
        let before = photo(maker, PhotoStage::Before, began);
        let author = world.author(reporter, new.id.into(), began);
        let mut telling = Telling::begin(&author, |author| {
            incident::create(&new, std::slice::from_ref(&before), author)
        })?;
        for (step, (hand, action)) in story(maker, world, reporter, began, waits)
            .into_iter()
            .enumerate()
        {
            let at = began.plus_ms(300_000 * (step as i64 + 1));
            let author = world.author(hand, new.id.into(), at);
            let event = IncidentEvent {
                id: EventId(maker.id(at)),
                act: author.act.clone(),
                department: (hand == HANDLER).then_some(world.department.id),
                action,
            };
            telling.on(&author, |document, author| {
                incident::record(document, &event, author, &Unordered)
            })?;
        }
        if waits {
            world.filed.push(new.id);
        }
        world.documents.push(telling.told()?);
    }
    Ok(())
}

fn new(maker: &mut Maker, world: &World, at: Timestamp, n: usize) -> Outcome<NewIncident> {
    let position = Position {
        lon: 120.155 + maker.roll(10_000) as f64 * 1e-6,
        lat: 30.274 + maker.roll(10_000) as f64 * 1e-6,
        accuracy_m: 5.0 + maker.roll(20) as f64,
        fixed_at: at,
        mock: false,
    };
    Ok(NewIncident {
        id: IncidentId(maker.id(at)),
        grid: world.grid.id,
        local_no: format!("梧桐-03-{:04}-{:03}", n / 9 + 601, n % 9 + 1),
        source: maker.pick(&[
            SourceChannel::Patrol,
            SourceChannel::Visit,
            SourceChannel::Resident,
        ]),
        category: maker.pick(words::CATEGORIES).0.into(),
        severity: Severity::new(2 + maker.roll(3) as u8).map_err(|code| code.to_string())?,
        place: IncidentPlace {
            text: format!("{}幢{}", 1 + maker.roll(25), maker.pick(words::PLACES)),
            household: None,
            position: Some(position),
        },
        description: maker.pick(words::CASES).into(),
        finding: None,
    })
}

/// Names that a camera's pictures would have; their bytes travel in a lane of their own.
pub(super) fn photo(maker: &mut Maker, stage: PhotoStage, at: Timestamp) -> Photo {
    Photo {
        hash: Hash(maker.dice.random()),
        thumbnail: Hash(maker.dice.random()),
        stage,
        taken_at: at,
        width: 1600,
        height: 1200,
        bytes: 180_000 + maker.roll(90_000) as u32,
        position: None,
        original: None,
    }
}

fn story(
    maker: &mut Maker,
    world: &World,
    reporter: usize,
    at: Timestamp,
    waits: bool,
) -> Vec<(usize, A)> {
    let comment = |maker: &mut Maker| A::Comment {
        text: maker.pick(words::REMARKS).into(),
    };
    let mut story = vec![
        (
            reporter,
            A::Submit {
                without_photo_because: None,
            },
        ),
        (LEAD, comment(maker)),
        (DISPATCHER, A::Accept),
        (DISPATCHER, A::File),
    ];
    if waits {
        return story;
    }
    let checker = &world.hands[reporter].person;
    story.extend([
        (
            DISPATCHER,
            A::Dispatch {
                owner: world.department.id,
                co_departments: Vec::new(),
            },
        ),
        (
            HANDLER,
            A::Feedback {
                measure: maker.pick(words::MEASURES).into(),
                document: Some(format!("工单{:06}", maker.roll(1_000_000))),
            },
        ),
        (
            DISPATCHER,
            A::SendCheck {
                checker: checker.id,
            },
        ),
        (
            reporter,
            A::AddPhoto {
                photo: photo(maker, PhotoStage::Check, at),
            },
        ),
        (reporter, A::CheckPass),
    ]);
    story.remove(1);
    story
}
