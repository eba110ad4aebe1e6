//! People of the console: a cookie that means nothing without the server, and a request that a foreign page cannot send.

use super::{enrol::sha256, password};
use crate::{
    error::{Error, Result},
    state::{AppState, random},
    store::{
        account,
        audit::{self, Entry},
        person,
    },
};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Method, request::Parts},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use gridwalk_core::{error::Code, reference::Person};
use std::net::SocketAddr;

/// The header that our own pages send with everything but GET; a form of a foreign page cannot.
const OWN_HEADER: &str = "x-gridwalk";
/// How stale `seen_at` may become before it is written again.
const TOUCH_MS: i64 = 60_000;

/// Whoever is logged in, as the registry knows them at this moment.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub person: Person,
    /// From where, for the audit trail.
    pub address: String,
    /// Which session, to end it.
    pub hash: [u8; 32],
}

/// The name of the cookie: the `__Host-` prefix needs TLS, which the loopback does not have.
fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-sid" } else { "sid" }
}

/// Checks name and password, counts failures, and begins a session. Says `LOGIN_WRONG` whether the name or the password
/// was wrong, in the same time; `LOGIN_LOCKED` after five failures.
pub async fn log_in(
    state: &AppState,
    login: String,
    password: String,
    address: String,
) -> Result<(Cookie<'static>, Person)> {
    let now = state.now();
    let (name, from) = (login.clone(), address.clone());
    let (account, locked) = state
        .store
        .read(move |connection| {
            let account = account::by_login(connection, &name)?;
            let who = account.as_ref().map(|account| account.person);
            let locked = account::is_locked(connection, who, &from, now)?;
            Ok((account, locked))
        })
        .await?;
    let fits =
        !locked && password::fits(password, account.as_ref().map(|a| a.password.clone())).await?;
    let secret = random::<32>()?;
    let hash = sha256(&secret);
    let who = state
        .store
        .write(move |connection| {
            let entry = |result: &str| Entry {
                subject: login.chars().take(64).collect(),
                action: "login",
                object: "console".into(),
                result: result.into(),
                address: address.clone(),
            };
            let someone = account.as_ref().map(|account| account.person);
            // Asked again: failures that were counted meanwhile lock this attempt too.
            let locked = account::is_locked(connection, someone, &address, now)?;
            match &account {
                Some(account) if fits && !locked => {
                    account::begin_session(connection, &hash, account.person, now)?;
                    audit::add(connection, &entry("done"), now)?;
                    Ok(Ok(person::by_id_on(
                        connection,
                        account.person,
                        now.local_date(),
                    )?
                    .ok_or(Error::NotFound)?))
                }
                _ if locked => {
                    audit::add(connection, &entry(Code::LoginLocked.as_str()), now)?;
                    Ok(Err(Error::TooMany(Code::LoginLocked)))
                }
                _ => {
                    account::count_failure(connection, someone, &address, now)?;
                    audit::add(connection, &entry(Code::LoginWrong.as_str()), now)?;
                    Ok(Err(Error::Unauthorized(Code::LoginWrong)))
                }
            }
        })
        .await??;
    let cookie = Cookie::build((cookie_name(state.config.secure()), hex::encode(secret)))
        .http_only(true)
        .secure(state.config.secure())
        .same_site(SameSite::Strict)
        .path("/")
        .build();
    Ok((cookie, who))
}

/// The cookie that takes the session's away.
pub fn farewell(state: &AppState) -> Cookie<'static> {
    Cookie::build((cookie_name(state.config.secure()), ""))
        .http_only(true)
        .secure(state.config.secure())
        .same_site(SameSite::Strict)
        .path("/")
        .removal()
        .build()
}

impl FromRequestParts<AppState> for Session {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        own_page(parts)?;
        let ended = || Error::Unauthorized(Code::SessionExpired);
        let jar = CookieJar::from_headers(&parts.headers);
        let secret = jar
            .get(cookie_name(state.config.secure()))
            .map(Cookie::value);
        let secret = secret
            .filter(|text| text.len() == 64)
            .and_then(|text| hex::decode(text).ok())
            .ok_or_else(ended)?;
        let (hash, now) = (sha256(&secret), state.now());
        let (person, seen) =
            state
                .store
                .read(move |connection| {
                    let Some((id, seen)) = account::session(connection, &hash, now)? else {
                        return Ok(None);
                    };
                    Ok(person::by_id_on(connection, id, now.local_date())?
                        .map(|person| (person, seen)))
                })
                .await?
                .ok_or_else(ended)?;
        state.callers.know(parts);
        if now.since(seen) > TOUCH_MS {
            state
                .store
                .write(move |connection| account::touch_session(connection, &hash, now))
                .await?;
        }
        Ok(Self {
            person,
            address: address(parts),
            hash,
        })
    }
}

/// A request that changes something comes from our own page, or from no page at all.
pub fn own_page(parts: &Parts) -> Result<()> {
    let says = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let harmless = matches!(parts.method, Method::GET | Method::HEAD);
    let foreign =
        says("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    if !harmless && (foreign || says(OWN_HEADER) != Some("1")) {
        return Err(Error::Forbidden(
            Code::Forbidden,
            "this request does not come from the console".into(),
        ));
    }
    Ok(())
}

/// Where the request came from.
pub fn address(parts: &Parts) -> String {
    let from = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    from.map_or_else(
        || "unknown".into(),
        |ConnectInfo(address)| address.ip().to_string(),
    )
}

/// The requester's address for routes without a session.
pub struct Address(pub String);

impl FromRequestParts<AppState> for Address {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self> {
        own_page(parts)?;
        Ok(Self(address(parts)))
    }
}
