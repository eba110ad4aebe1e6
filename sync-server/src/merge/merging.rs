//! The merge itself: pure, from what was read of the store to what will be published.

use crate::store::document::{Material, Merged};
use gridwalk_core::{
    document::Document,
    ids::{DocumentId, Hash},
    registry::{Projection, project},
    scan::{Admission, Limits, Lineage},
};
use std::collections::HashMap;

/// Merges what waits. Changes that do not fit the document's history are
/// put aside before Automerge sees them.
pub fn merge(mut material: Material) -> Result<Merged, String> {
    let mut lineage = Lineage::new(Limits::default());
    for bytes in &material.published {
        // A history that was published once has passed; should the rules be stricter now, it stays published.
        let _ = lineage.admit(bytes);
    }
    let mut aside = Vec::new();
    material.waiting.retain(|change| {
        let reason = match lineage.admit(&change.bytes) {
            Ok(Admission::New(_)) => return true,
            Ok(Admission::Known(_)) => "it is there already".into(),
            Ok(Admission::Held(..)) => "it builds on a change that is quarantined".into(),
            Err(error) => error.to_string(),
        };
        aside.push((change.sequence, reason));
        false
    });
    let mut document = load(&material)?;
    document
        .merge_changes(material.waiting.iter().map(|change| &change.bytes))
        .map_err(|error| error.to_string())?;
    let entering = material
        .waiting
        .iter()
        .map(|change| (change.sequence, change.hash))
        .collect();
    let merged = finished(document, &material, entering)?;
    Ok(Merged { aside, ..merged })
}

/// The document as it is published: from its snapshot, which is a cache, else from the log, which decides.
pub fn load(material: &Material) -> Result<Document, String> {
    let (id, kind) = (material.document, material.kind);
    if let Some(snapshot) = &material.snapshot {
        match Document::from_snapshot(id, kind, snapshot, [] as [&[u8]; 0]) {
            Ok(document) => return Ok(document),
            Err(error) => {
                tracing::error!(document = %id, %error, "a snapshot does not load; the log does")
            }
        }
    }
    Document::from_changes(id, kind, &material.published).map_err(|error| error.to_string())
}

/// A document with everything in it, ready to be published.
pub fn finished(
    mut merged: Document,
    material: &Material,
    entering: Vec<(i64, Hash)>,
) -> Result<Merged, String> {
    // Positions are given out when it is published; until then it is enough that the new ones come last, in order.
    let mut order: HashMap<Hash, u64> = material.positions.clone();
    order.extend(
        (1..)
            .zip(&entering)
            .map(|(place, (_, hash))| (*hash, (1 << 62) + place)),
    );
    let projection = project(&merged, &order);
    if let Some(named) = named(&projection)
        && named != material.document
    {
        return Err(format!("the document calls itself {named}"));
    }
    let snapshot = merged.save();
    // Bytes that were saved and do not load again would poison the next merge.
    Document::from_snapshot(
        material.document,
        material.kind,
        &snapshot,
        [] as [&[u8]; 0],
    )
    .map_err(|error| format!("what was saved does not load: {error}"))?;
    Ok(Merged {
        document: material.document,
        partition: material.partition,
        revision: material.revision,
        snapshot,
        projection,
        entering,
        aside: Vec::new(),
        received_at: material.received_at,
    })
}

/// The id that a document gives itself; rows go under it, so it must be its own.
fn named(projection: &Projection) -> Option<DocumentId> {
    match projection {
        Projection::Household(view) => Some(view.id.into()),
        Projection::Incident(view) => Some(view.created.id.into()),
        Projection::Patrol(view) => Some(view.created.id.into()),
        Projection::Place(view) => Some(view.created.id.into()),
        Projection::WorkerDay(view) => Some(view.created.id.into()),
        Projection::Care(view) => Some(view.created.id.into()),
        Projection::Unknown => None,
    }
}
