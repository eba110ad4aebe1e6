//! An incident in its document: created once, then one event after the other.

use super::{
    Applied, IncidentEvent, IncidentState, IncidentView, NewIncident, Turn,
    fold::{Beginning, Carried, fold, run},
    state::Fold,
};
use crate::{
    document::{self, Author, Document, Edited, FeedOrder},
    error::{Code, Refusal},
    ids::Hash,
    photo::Photo,
    sync::message::DocumentKind,
    text,
};

const EVENTS: &str = "events";
const PHOTOS: &str = "photos";

/// T1: a draft with the photos taken so far. Refused when category or place is missing, a text is too long or holds a
/// citizen number.
pub fn create(new: &NewIncident, photos: &[Photo], author: &Author) -> Result<Edited, Refusal> {
    if new.category.is_empty() || new.category.len() > 16 {
        return Err(Refusal::new(
            Code::MissingCategory,
            "a category code has 1 to 16 characters",
        ));
    }
    if new.place.text.trim().is_empty() {
        return Err(Refusal::new(Code::MissingPlace, "where is it?"));
    }
    fits("place", &new.place.text, 120)?;
    fits("description", &new.description, 1_000)?;
    document::create(
        new.id.into(),
        DocumentKind::INCIDENT,
        new,
        &[EVENTS, PHOTOS],
        author,
        |draft| {
            photos
                .iter()
                .try_for_each(|photo| draft.insert(PHOTOS, &photo.hash, photo))
        },
    )
}

/// Adds an event, refused when its guard fails on this side right now. Whether it takes effect is decided by the fold,
/// for what others did meanwhile counts too. The same event twice is refused `ALREADY_RECORDED`.
pub fn record(
    incident: Document,
    event: &IncidentEvent,
    author: &Author,
    feed: &dyn FeedOrder,
) -> Result<Edited, Refusal> {
    incident.absent(EVENTS, &event.id)?;
    for (name, words, most) in event.action.words() {
        fits(name, words, most)?;
    }
    let (beginning, carried, history) = read(&incident, feed)
        .ok_or_else(|| Refusal::new(Code::NotFound, "not an incident that this app can read"))?;
    let (now, _) = run(&beginning, &carried, &history);
    now.guard(event, &|_| true)
        .map_err(|code| Refusal::new(code, format!("not possible while {:?}", now.state)))?;
    incident.edit(author, |draft| draft.insert(EVENTS, &event.id, event))
}

/// Where an incident stands, to ask what may be done next without doing it.
pub struct Standing {
    now: Fold,
    /// The stages that it went through.
    before: Vec<IncidentState>,
}

impl Standing {
    /// Whether the event would take effect on this side right now; the code says why not.
    pub fn allows(&self, event: &IncidentEvent) -> Result<(), Code> {
        self.now.guard(event, &|_| true)
    }
    /// When something has its turn that is refused `WRONG_STATE` now.
    pub fn turn(&self, event: &IncidentEvent) -> Turn {
        self.now.turn(event, &self.before)
    }
}

/// Where it stands on this side. `None` for a document that is no incident.
pub fn standing(incident: &Document, feed: &dyn FeedOrder) -> Option<Standing> {
    let (beginning, carried, history) = read(incident, feed)?;
    let (now, fates) = run(&beginning, &carried, &history);
    let stages = fates.into_iter().filter_map(|(_, fate)| match fate {
        Applied::Yes { state } => Some(state),
        Applied::No { .. } => None,
    });
    let before = std::iter::once(IncidentState::Draft)
        .chain(stages)
        .collect();
    Some(Standing { now, before })
}

/// What a screen or the registry sees. A document that is no incident shows `None`.
pub fn view(incident: &Document, feed: &dyn FeedOrder) -> Option<IncidentView> {
    let unreadable = incident.items::<IncidentEvent>(EVENTS).unreadable
        + incident.items::<Photo>(PHOTOS).unreadable;
    let (beginning, carried, history) = read(incident, feed)?;
    Some(IncidentView {
        unreadable,
        ..fold(beginning, carried, &history)
    })
}

type History = Vec<(Hash, Vec<Hash>)>;

fn read(incident: &Document, feed: &dyn FeedOrder) -> Option<(Beginning, Vec<Carried>, History)> {
    let created: NewIncident = incident.created()?;
    let mut photos: Vec<Photo> = incident
        .items::<Photo>(PHOTOS)
        .read
        .into_iter()
        .map(|item| item.value)
        .collect();
    photos.sort_by_key(|photo| (photo.taken_at, photo.hash));
    let beginning = Beginning {
        created,
        reported: incident.created_act()?,
        photos,
    };
    let carried = incident
        .items::<IncidentEvent>(EVENTS)
        .read
        .into_iter()
        // Under a foreign key it would pass for somebody else's event.
        .filter(|item| item.key == item.value.id.to_string())
        .map(|item| Carried {
            event: item.value,
            position: feed.position(&item.change),
            change: item.change,
        })
        .collect();
    Some((beginning, carried, incident.lineage()))
}

fn fits(name: &str, words: &str, most: usize) -> Result<(), Refusal> {
    text::plain(words, most)
        .map_err(|refusal| Refusal::new(refusal.code, format!("{name}: {}", refusal.detail)))
}
