//! The shapes of the console's answers, written down for whoever speaks to the registry: OpenAPI 3.1 components, from
//! which the console's own types are generated too.

use super::{
    incident::{IncidentDetail, IncidentLine},
    patrol::{PatrolDetail, PatrolLine},
    visit::{GridVisits, VisitLine},
};
use crate::{
    error::{Error, ErrorBody, Result},
    routes::{
        people::{Login, Me},
        registry::Kept,
    },
};
use gridwalk_core::{
    incident::IncidentAction,
    reference::{Category, Department, Grid},
};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Gridwalk registry",
        description = "What the console reads and does. Errors are ErrorBody."
    ),
    components(schemas(
        Category,
        Department,
        ErrorBody,
        Grid,
        GridVisits,
        IncidentAction,
        IncidentDetail,
        IncidentLine,
        Kept,
        Login,
        Me,
        PatrolDetail,
        PatrolLine,
        VisitLine
    ))
)]
struct Registry;

/// The document, as pretty JSON.
pub fn document() -> Result<String> {
    Registry::openapi()
        .to_pretty_json()
        .map_err(|error| Error::internal("openapi", error))
}
