//! Logging in and out of the console.

use crate::{
    auth::session::{self, Address, Session},
    error::{Error, Result},
    state::AppState,
    store::account,
};
use axum::{
    Json, Router,
    extract::{State, rejection::JsonRejection},
    routing::{get, post},
};
use axum_extra::extract::cookie::CookieJar;
use gridwalk_core::reference::Person;
use serde::{Deserialize, Serialize};

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/login", post(log_in))
        .route("/api/logout", post(log_out))
        .route("/api/me", get(me))
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

async fn log_in(
    State(state): State<AppState>,
    Address(address): Address,
    jar: CookieJar,
    body: std::result::Result<Json<Login>, JsonRejection>,
) -> Result<(CookieJar, Json<Me>)> {
    let Json(login) = body.map_err(|error| Error::Malformed(error.body_text()))?;
    let (cookie, person) = session::log_in(&state, login.name, login.password, address).await?;
    Ok((jar.add(cookie), Json(Me { person })))
}

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

async fn me(session: Session) -> Json<Me> {
    Json(Me {
        person: session.person,
    })
}
