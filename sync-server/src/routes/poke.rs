//! `GET /poke`: server-sent events that carry no data of anybody. One says: something is new in a partition of yours, or in the rows that you
//! read. What it is, the next exchange says. Scope is asked again at every event, and a revoked phone's line ends.

use crate::{
    auth::device::Phone,
    error::Result,
    pokes::{self, Tips},
    state::AppState,
    store::device,
};
use axum::{
    Router,
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures_core::Stream;
use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::{mpsc, watch};

/// Something is said this often, so that neither side and nothing in between takes the line for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// A line lives no longer than a token: then the phone proves itself again.
const LIFE: Duration = Duration::from_secs(14 * 60);

/// The route.
pub fn routes() -> Router<AppState> {
    Router::new().route("/poke", get(poke))
}

async fn poke(State(state): State<AppState>, phone: Phone) -> Result<Response> {
    let phone = phone.active()?;
    pokes::look(&state).await?;
    let mut tips = state.pokes.listen();
    // taken down before the line is open: whatever moves from here on is said
    let known = tips
        .borrow_and_update()
        .as_ref()
        .map(|now| now.of(&phone.partitions()));
    let (sender, events) = mpsc::channel(1);
    // the first says that the line is open
    let _ = sender.try_send(());
    tokio::spawn(async move {
        let _ = tokio::time::timeout(LIFE, follow(state, phone, tips, known, sender)).await;
    });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let events = Sse::new(Events(events)).keep_alive(keep_alive);
    let unbuffered = [("x-accel-buffering", "no")];
    Ok((unbuffered, events).into_response())
}

/// Until the phone hangs up, is revoked, or the server stops.
async fn follow(
    state: AppState,
    mut phone: Phone,
    mut tips: watch::Receiver<Option<Arc<Tips>>>,
    mut known: Option<Vec<u64>>,
    events: mpsc::Sender<()>,
) {
    loop {
        let Some(now) = tips.borrow_and_update().clone() else {
            return;
        };
        let seen = now.of(&phone.partitions());
        if known.as_ref().is_some_and(|known| *known != seen) {
            // one that was not read yet says this too
            let _ = events.try_send(());
        }
        known = Some(seen);
        tokio::select! {
            moved = tips.changed() => if moved.is_err() { return },
            () = events.closed() => return,
        }
        let (device, now) = (phone.device, state.now());
        let asked = state
            .store
            .read(move |connection| device::by_id(connection, device, now))
            .await;
        match asked {
            Ok(Some(still)) if !still.revoked => phone = still,
            _ => return,
        }
    }
}

/// Pokes as they are sent.
struct Events(mpsc::Receiver<()>);

impl Stream for Events {
    type Item = std::result::Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.0.poll_recv(context);
        next.map(|poked| poked.map(|()| Ok(Event::default().event("poke").data("news"))))
    }
}
