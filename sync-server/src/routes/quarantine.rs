//! What was not taken, for the people of its grid: looked at, let in after all, or left out with a reason. Every look at one
//! and every decision is written down.

use super::registry::{allowed, found, note};
use crate::{
    auth::{scope::Wish, session::Session},
    console::quarantine::{
        self, Item, QuarantineDecision, QuarantineDetail, QuarantineLine, decide, detail,
    },
    error::{Error, ErrorBody, Result},
    state::AppState,
    store::audit::{self, Entry},
};
use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes, each with its description.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_quarantine))
        .routes(routes!(one_of_quarantine))
        .routes(routes!(decide_on_quarantine))
}

/// What waits for the asker, newest first.
#[utoipa::path(get, path = "/api/registry/quarantine", responses((status = 200, body = Vec<QuarantineLine>), (status = "default", body = ErrorBody)))]
async fn list_quarantine(
    State(state): State<AppState>,
    session: Session,
) -> Result<Json<Vec<QuarantineLine>>> {
    let scope = allowed(&state, &session, Wish::Quarantine).await?;
    let asker = session.person;
    let list = state
        .store
        .read(move |connection| quarantine::list(connection, &asker, &scope));
    Ok(Json(list.await?))
}

/// One of them, with what it would have done.
#[utoipa::path(get, path = "/api/registry/quarantine/{id}", params(("id" = String, Path)), responses((status = 200, body = QuarantineDetail), (status = "default", body = ErrorBody)))]
async fn one_of_quarantine(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<String>,
) -> Result<Json<QuarantineDetail>> {
    let scope = allowed(&state, &session, Wish::Quarantine).await?;
    let (asker, name) = (session.person.clone(), id.clone());
    let read = state.store.read(move |connection| {
        let item: Item = name.parse()?;
        detail(connection, &asker, &scope, &item)
    });
    let read = found(&state, &session, || format!("quarantine {id}"), read.await).await?;
    note(&state, &session, "open", format!("quarantine {id}"), "done").await?;
    Ok(Json(read))
}

/// Lets it in or leaves it out; answers with what still waits.
#[utoipa::path(post, path = "/api/registry/quarantine/{id}/decision", params(("id" = String, Path)), request_body = QuarantineDecision, responses((status = 200, body = Vec<QuarantineLine>), (status = "default", body = ErrorBody)))]
async fn decide_on_quarantine(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<String>,
    body: std::result::Result<Json<QuarantineDecision>, JsonRejection>,
) -> Result<Json<Vec<QuarantineLine>>> {
    let Json(decision) = body.map_err(|error| Error::Malformed(error.body_text()))?;
    let scope = allowed(&state, &session, Wish::Quarantine).await?;
    let (asker, name, now) = (session.person.clone(), id.clone(), state.now());
    let (of, said) = (scope.clone(), decision.clone());
    let entry = Entry {
        subject: session.person.id.to_string(),
        action: if decision.release {
            "release"
        } else {
            "dismiss"
        },
        object: format!("quarantine {id}"),
        result: "done".into(),
        address: session.address.clone(),
    };
    let decided = state
        .store
        .write(move |connection| {
            let item: Item = name.parse()?;
            let document = decide(connection, &asker, &of, &item, &said, now)?;
            audit::add(connection, &entry, now)?;
            Ok(document)
        })
        .await;
    let document = found(&state, &session, || format!("quarantine {id}"), decided).await?;
    state.merger.merge(vec![document]).await;
    let asker = session.person;
    let list = state
        .store
        .read(move |connection| quarantine::list(connection, &asker, &scope));
    Ok(Json(list.await?))
}
