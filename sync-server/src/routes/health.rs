//! `GET /health`: whether the store answers. Says nothing that a stranger may not know.

use crate::{error::Result, state::AppState};
use axum::{Json, Router, extract::State, routing::get};
use serde::Serialize;

/// The route.
pub fn routes() -> Router<AppState> {
    Router::new().route("/health", get(health))
}

/// What a load balancer reads.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Health {
    /// Always true; a failing store answers 500.
    pub ok: bool,
    /// Tells a phone that this is a Gridwalk server and not the sign-in page of a Wi-Fi.
    pub server: &'static str,
    /// Version of the program.
    pub version: &'static str,
}

async fn health(State(state): State<AppState>) -> Result<Json<Health>> {
    state
        .store
        .read(|connection| {
            Ok(connection.query_row("select one from server", [], |row| row.get::<_, i64>(0))?)
        })
        .await?;
    Ok(Json(Health {
        ok: true,
        server: "gridwalk",
        version: env!("CARGO_PKG_VERSION"),
    }))
}
