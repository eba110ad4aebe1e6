//! A place as it is read: every visit, with the words that were added to it. Reads any document without failing; what it
//! does not understand it counts.

use super::{Answered, NewPlace, NewPlaceVisit, PlaceView, PlaceVisitView};
use crate::{
    amend::{self, AMENDMENTS, Amended, VISITS},
    document::Document,
    fact::Fact,
    field::Items,
    household::keep_known,
    time::Timestamp,
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A visit without the answers that only a newer app can read. In the document they stay.
struct KnownVisit(NewPlaceVisit);

impl<'de> Deserialize<'de> for KnownVisit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut visit = Value::deserialize(from)?;
        keep_known::<Answered>(visit.get_mut("answers"));
        serde_json::from_value(visit)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

/// What the registry and the screens read; none when this app cannot read what the place was created with.
///
/// Two clones of one phone may have written different words under one visit id; then both are listed.
pub fn view(document: &Document) -> Option<PlaceView> {
    let created: NewPlace = document.created()?;
    let since = document
        .created_act()
        .map_or(Timestamp(0), |act| act.recorded_at);
    let mut unreadable = 0;
    let visits = document.facts::<KnownVisit>(VISITS, |visit| visit.0.id.0, &mut unreadable);
    let words: Items<Fact<Amended>> = document.items(AMENDMENTS);
    unreadable += words.unreadable;
    let mut words = words.read;
    amend::sort(&mut words);
    let mut visits: Vec<PlaceVisitView> = visits
        .into_iter()
        .map(|item| PlaceVisitView {
            amendments: amend::of_visit(&words, item.value.item.0.id),
            by: item.value.act.by,
            recorded_at: item.value.act.recorded_at,
            visit: item.value.item.0,
        })
        .collect();
    visits.sort_by_key(|seen| std::cmp::Reverse((seen.recorded_at, seen.visit.id)));
    Some(PlaceView {
        created,
        since,
        visits,
        unreadable,
    })
}
