//! 更正建议, for the people of its grid: read by those who lead it, answered by the secretary and the steward. Every answer is
//! written down.

use super::registry::{allowed, found};
use crate::{
    auth::{scope::Wish, session::Session},
    console::proposal::{self, ProposalDecision, ProposalLine},
    error::{Error, ErrorBody, Result},
    state::AppState,
    store::audit::{self, Entry},
};
use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
};
use gridwalk_core::ids::ProposalId;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes, each with its description.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_proposals))
        .routes(routes!(answer_proposal))
}

/// What workers propose to put right: what waits for an answer first, then the newest.
#[utoipa::path(get, path = "/api/registry/proposals", responses((status = 200, body = Vec<ProposalLine>), (status = "default", body = ErrorBody)))]
async fn list_proposals(
    State(state): State<AppState>,
    session: Session,
) -> Result<Json<Vec<ProposalLine>>> {
    let scope = allowed(&state, &session, Wish::ReadProposals).await?;
    let asker = session.person;
    let list = state
        .store
        .read(move |connection| proposal::list(connection, &asker, &scope));
    Ok(Json(list.await?))
}

/// Accepts or declines one; answers with the list afterwards.
#[utoipa::path(post, path = "/api/registry/proposals/{id}/answer", params(("id" = ProposalId, Path)), request_body = ProposalDecision, responses((status = 200, body = Vec<ProposalLine>), (status = "default", body = ErrorBody)))]
async fn answer_proposal(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<ProposalId>,
    body: std::result::Result<Json<ProposalDecision>, JsonRejection>,
) -> Result<Json<Vec<ProposalLine>>> {
    let Json(decision) = body.map_err(|error| Error::Malformed(error.body_text()))?;
    let scope = allowed(&state, &session, Wish::AnswerProposals).await?;
    let (asker, now) = (session.person.clone(), state.now());
    let entry = Entry {
        subject: session.person.id.to_string(),
        action: if decision.accept { "accept" } else { "decline" },
        object: format!("proposal {id}"),
        result: "done".into(),
        address: session.address.clone(),
    };
    let answered = state
        .store
        .write(move |connection| {
            proposal::answer(connection, &asker, &scope, id, &decision, now)?;
            audit::add(connection, &entry, now)?;
            proposal::list(connection, &asker, &scope)
        })
        .await;
    let list = found(&state, &session, || format!("proposal {id}"), answered).await?;
    Ok(Json(list))
}
