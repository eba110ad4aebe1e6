//! Logging in and out of the console.

use crate::{
    auth::session::{self, Address, Session},
    error::{Error, ErrorBody, Result},
    state::AppState,
    store::account,
};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use axum_extra::extract::cookie::CookieJar;
use gridwalk_core::reference::Person;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes, each with its description.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(log_in))
        .routes(routes!(log_out))
        .routes(routes!(me))
}

/// Name and password.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Login {
    name: String,
    password: String,
}

/// Who is logged in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Me {
    /// The person.
    pub person: Person,
}

/// Begins a session, whose cookie only the browser holds.
#[utoipa::path(post, path = "/api/login", request_body = Login, responses((status = 200, body = Me), (status = "default", body = ErrorBody)))]
async fn log_in(
    State(state): State<AppState>,
    Address(address): Address,
    jar: CookieJar,
    body: std::result::Result<Json<Login>, JsonRejection>,
) -> Result<(CookieJar, Json<Me>)> {
    if let Ok(from) = address.parse() {
        state.callers.knock(from)?;
    }
    let Json(login) = body.map_err(|error| Error::Malformed(error.body_text()))?;
    let (cookie, person) = session::log_in(&state, login.name, login.password, address).await?;
    Ok((jar.add(cookie), Json(Me { person })))
}

/// Ends the session.
#[utoipa::path(post, path = "/api/logout", responses((status = 200), (status = "default", body = ErrorBody)))]
async fn log_out(
    State(state): State<AppState>,
    session: Session,
    jar: CookieJar,
) -> Result<CookieJar> {
    let hash = session.hash;
    state
        .store
        .write(move |connection| account::end_session(connection, &hash))
        .await?;
    Ok(jar.add(session::farewell(&state)))
}

/// Who is logged in.
#[utoipa::path(get, path = "/api/me", responses((status = 200, body = Me), (status = "default", body = ErrorBody)))]
async fn me(session: Session) -> Json<Me> {
    Json(Me {
        person: session.person,
    })
}
