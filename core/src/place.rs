//! A place 场所 (shop, site, school gate). As far as the day needs it: it exists and can be referred to;
//! its visits come with the worker's complete app.

use crate::{
    document::{self, Author, Document, Edited},
    error::{Code, Refusal},
    ids::{GridId, PlaceId},
    sync::message::DocumentKind,
    text,
};
use serde::{Deserialize, Serialize};

/// What a place is created with, once, by the registry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPlace {
    /// The document.
    pub id: PlaceId,
    /// Where.
    pub grid: GridId,
    /// 名称
    pub name: String,
    /// 类型 code, such as `nine_small`
    pub kind: String,
}

/// A place as the registry knows it.
pub fn create(new: &NewPlace, author: &Author) -> Result<Edited, Refusal> {
    text::required(&new.name, 60, Code::MissingPlace)?;
    text::required(&new.kind, 32, Code::MissingCategory)?;
    // Made now, because only a document's first change makes containers.
    let containers = ["fields", "visits", "amendments"];
    document::create(
        new.id.into(),
        DocumentKind::PLACE,
        new,
        &containers,
        author,
        |_| Ok(()),
    )
}

/// What it was created with, if this app can read it.
pub fn view(document: &Document) -> Option<NewPlace> {
    document.created()
}
