//! A phone proves itself with a short-lived token. What it may reach is asked of the registry at every request, never
//! of the token, so that a moved or revoked phone is moved or revoked at once.

use crate::{
    auth::scope,
    error::{Error, Result},
    state::AppState,
    store::{Connection, device},
};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use ed25519_dalek::VerifyingKey;
use gridwalk_core::{
    act::Role,
    error::Code,
    ids::{DepartmentId, DeviceId, GridId, PersonId},
    sync::message::{AccessClass, Partition},
    time::Timestamp,
};

/// The phone behind a request, as the registry knows it at this moment.
#[derive(Clone, Debug)]
pub struct Phone {
    /// Which.
    pub device: DeviceId,
    /// Whose.
    pub worker: PersonId,
    /// The worker's role when the phone was enrolled.
    pub enrolled_as: Role,
    /// The worker's role now.
    pub role: Role,
    /// The office that the worker works for now.
    pub department: Option<DepartmentId>,
    /// The worker's grids now.
    pub grids: Vec<GridId>,
    /// Its key.
    pub key: VerifyingKey,
    /// It may deliver into quarantine and read nothing.
    pub revoked: bool,
}

impl Phone {
    /// Every partition that it reads and writes, at this moment.
    pub fn partitions(&self) -> Vec<Partition> {
        let classes = [AccessClass::GENERAL, AccessClass::CARE];
        let read = classes
            .into_iter()
            .filter(|class| scope::reads(self.role, *class));
        read.flat_map(|class| {
            self.grids
                .iter()
                .map(move |grid| Partition { grid: *grid, class })
        })
        .collect()
    }

    /// Whether this partition is one of them.
    pub fn reads(&self, partition: &Partition) -> bool {
        scope::reads(self.role, partition.class) && self.grids.contains(&partition.grid)
    }

    /// Refuses a revoked phone; every route but those that bring something begins with this.
    pub fn active(self) -> Result<Self> {
        if self.revoked {
            return Err(Error::Forbidden(
                Code::DeviceRevoked,
                "this device was revoked".into(),
            ));
        }
        Ok(self)
    }
}

impl FromRequestParts<AppState> for Phone {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let (token, now) = (token(parts)?, state.now());
        let read = state
            .store
            .read(move |connection| holder(connection, &token, now));
        let phone = read.await?;
        state.callers.admit(parts, phone.device)?;
        Ok(phone)
    }
}

/// The hash of the token that a request brings.
pub fn token(parts: &Parts) -> Result<[u8; 32]> {
    let token = bearer(parts).ok_or(Error::Unauthorized(Code::TokenExpired))?;
    Ok(super::enrol::sha256(&token))
}

/// The phone that holds this token.
pub fn holder(connection: &Connection, token: &[u8; 32], now: Timestamp) -> Result<Phone> {
    device::by_token(connection, token, now)?.ok_or(Error::Unauthorized(Code::TokenExpired))
}

fn bearer(parts: &Parts) -> Option<Vec<u8>> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let token = value.strip_prefix("Bearer ")?;
    (token.len() == 64).then(|| hex::decode(token).ok())?
}
