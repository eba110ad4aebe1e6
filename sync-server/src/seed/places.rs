//! The shops of the demo street with their visits, and what is asked there.

use super::{Scribe, Writing, same};
use crate::{
    error::Result,
    store::{Connection, reference},
};
use gridwalk_core::{
    ids::DocumentId,
    place::{self, NewPlace, PlaceEdit},
    reference::{Checklist, ReferenceKind},
};
use gridwalk_fixtures::{
    Street,
    places::{Shop, checklists as lists},
};

/// What is asked at places of each kind.
pub(super) fn checklists(connection: &Connection) -> Result<()> {
    lists().iter().try_for_each(|list| {
        let row: Checklist = same(list)?;
        reference::put(connection, ReferenceKind::Checklist, &row.row(), None, &row)
    })
}

/// Every place with what was recorded there.
pub(super) fn places(scribe: &mut Scribe<'_>, street: &Street, shops: &[Shop]) -> Result<()> {
    for shop in shops {
        let new = NewPlace {
            id: shop.place.id.into(),
            grid: shop.place.grid.into(),
            name: shop.place.name.clone(),
            kind: shop.place.kind.to_string(),
            address: shop.address.clone(),
        };
        let id: DocumentId = new.id.into();
        let registrar = scribe.registrar(id, street);
        let mut volume = Writing::begin(id, shop.place.grid, &registrar, |author| {
            place::create(&new, author)
        })?;
        for record in &shop.visits {
            let edit = PlaceEdit::RecordVisit(same(&record.visit)?);
            volume.write(&same(&record.act)?, |document, author| {
                place::apply(document, &edit, author)
            })?;
        }
        scribe.add(volume.volume)?;
    }
    Ok(())
}
