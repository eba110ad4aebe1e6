//! `/verify`: the page on which a resident checks the work card of whoever is at the door. Open to everybody, with no
//! login, and nothing is written down about who asked.
//!
//! The code on the worker's phone is an address with what was signed behind its hash: `https://centre/verify#AQGQ…`. A browser
//! keeps that part to itself, so no log on the way, ours or a proxy's, ever has it. The page's few lines of script send it
//! as a form, and the answer is a page again; a browser without scripts is told whom to call.

mod page;

pub use page::HTML;

use crate::{
    callers::Pace,
    error::{Error, Result},
    state::AppState,
    store::{Connection, device, person, reference},
};
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use gridwalk_core::{
    act::Role,
    error::Code,
    time::Timestamp,
    work_card::{self, Age},
};
use std::net::SocketAddr;

/// Our own few lines and colours, and a form that comes back to us; nothing from anywhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'; \
  frame-ancestors 'none'; base-uri 'none'";
/// A form with one code is shorter.
const LONGEST: usize = 512;

/// The page, what it looks like and what it does.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/verify", get(page::before).post(look_up))
        .route("/verify.css", get(page::style))
        .route("/verify.js", get(page::script))
        .layer(middleware::from_fn(policy))
}

async fn policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = HeaderValue::from_static(POLICY);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    let robots = HeaderName::from_static("x-robots-tag");
    headers.insert(robots, HeaderValue::from_static("noindex"));
    response
}

/// What the centre says about a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It serves, and this is who carries the phone. Nothing else about a colleague is anybody's business.
    Valid {
        /// 姓名
        name: String,
        /// 身份
        role: Role,
        /// 网格, by their names.
        grids: Vec<String>,
    },
    /// It was good when it was made; or the phone's clock is behind.
    Expired(Timestamp),
    /// The phone's clock is ahead.
    Ahead,
    /// The phone was shut out.
    Revoked,
    /// Whoever carries it works in no grid on this day.
    Ended,
    /// No phone of this centre made it. Never says why.
    Unknown,
}

/// How these letters stand at this moment. Who it is comes out only for a code that serves: an old one that lies around says
/// nothing about anybody.
pub fn standing(connection: &Connection, code: &str, now: Timestamp) -> Result<Standing> {
    let Ok(shown) = work_card::read(code) else {
        return Ok(Standing::Unknown);
    };
    let phone = device::by_id(connection, shown.device, now)?;
    let Some(phone) = phone.filter(|phone| shown.is_signed_by(&phone.key)) else {
        return Ok(Standing::Unknown);
    };
    if phone.revoked {
        return Ok(Standing::Revoked);
    }
    match shown.age(now) {
        Age::Ahead => return Ok(Standing::Ahead),
        Age::Over => return Ok(Standing::Expired(shown.made_at)),
        Age::Fresh => {}
    }
    let person = person::by_id_on(connection, phone.worker, now.local_date())?;
    Ok(match person.filter(|person| !person.grids.is_empty()) {
        None => Standing::Ended,
        Some(person) => Standing::Valid {
            name: person.name,
            role: person.role,
            grids: reference::grid_names(connection, &person.grids)?,
        },
    })
}

async fn look_up(
    State(state): State<AppState>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    body: Body,
) -> Result<Response> {
    match ask(&state, from, body).await {
        Ok((standing, now)) => page::after(&standing, now),
        // also what went wrong is said in words: whoever reads it stands at a door
        Err(error) => {
            let refused = error.into_response();
            let mut page = page::later()?;
            *page.status_mut() = refused.status();
            if let Some(after) = refused.headers().get(header::RETRY_AFTER) {
                page.headers_mut()
                    .insert(header::RETRY_AFTER, after.clone());
            }
            Ok(page)
        }
    }
}

async fn ask(state: &AppState, from: SocketAddr, body: Body) -> Result<(Standing, Timestamp)> {
    state.callers.look_up(from.ip())?;
    let code = form(state, body).await?;
    let now = state.now();
    let standing = state
        .store
        .read(move |connection| standing(connection, &code, now));
    Ok((standing.await?, now))
}

/// The code of a form that has nothing else; what is no such form is no code.
async fn form(state: &AppState, mut body: Body) -> Result<String> {
    let mut pace = Pace::new(state.callers.courtesy());
    let mut bytes = Vec::new();
    while let Some(piece) = pace.next(&mut body).await {
        bytes.extend_from_slice(&piece?);
        if bytes.len() > LONGEST {
            return Err(Error::TooBig(Code::BodyTooBig));
        }
    }
    let code = bytes.strip_prefix(b"code=").unwrap_or_default();
    Ok(String::from_utf8_lossy(code).into_owned())
}
