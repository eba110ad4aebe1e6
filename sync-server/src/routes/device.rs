//! Enrolling a phone, and its tokens.

use crate::{
    auth::device::Phone,
    auth::enrol::{EnrolCode, TOKEN_LIFE_MS, sha256, token_message},
    error::{Error, Result},
    state::{AppState, new_id, random},
    store::{
        audit::{self, Entry},
        device, epoch, person,
    },
};
use axum::{
    Json, Router,
    extract::{ConnectInfo, DefaultBodyLimit, State, rejection::JsonRejection},
    routing::post,
};
use ed25519_dalek::{Signature, VerifyingKey};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, GridId},
    reference::Person,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/device/enrol", post(enrol))
        .route("/api/device/challenge", post(challenge))
        .route("/api/device/token", post(token))
        .route("/api/device/recovery", post(leave))
        .route("/api/device/recover", post(recover))
        .layer(DefaultBodyLimit::max(4096))
}

/// What a new phone sends.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Enrol {
    /// As typed.
    pub code: String,
    /// Ed25519 public key in hex.
    pub public_key: String,
    /// App version.
    pub app: String,
}

/// What a new phone gets.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct Enrolled {
    /// The phone's id.
    pub device: DeviceId,
    /// Whose phone it is.
    pub worker: Person,
    /// The grids it will work in.
    pub grids: Vec<GridId>,
    /// Counts restores of the server.
    pub epoch_counter: u64,
    /// Tells two restores apart; decimal text, because JSON numbers end at 2⁵³.
    pub epoch_nonce: String,
    /// The server's clock.
    pub server_time: Timestamp,
    /// What the server signs with: Ed25519 public key in hex.
    pub server_key: String,
    /// What the server signed about this phone, hex: for a server that is restored from before this moment.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// Who wants a nonce.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Challenge {
    /// The phone.
    pub device: DeviceId,
}

/// What to sign.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct Nonce {
    /// Hex.
    pub nonce: String,
}

/// A signed nonce.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct SignedNonce {
    /// The phone.
    pub device: DeviceId,
    /// As it was given, hex.
    pub nonce: String,
    /// Ed25519 over `gridwalk token 1` and the nonce's bytes, hex.
    pub signature: String,
    /// The phone's certificate, hex, if it has one.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// A bearer token.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct Token {
    /// Opaque.
    pub token: String,
    /// When to ask for the next.
    pub expires_at: Timestamp,
    /// What the server signed about this phone, hex.
    #[serde(default)]
    pub certificate: Option<String>,
}

async fn enrol(
    State(state): State<AppState>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    body: Result<Json<Enrol>, JsonRejection>,
) -> Result<Json<Enrolled>> {
    state.callers.knock(from.ip())?;
    let body = json(body)?;
    let key = hex::decode(&body.public_key)
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
        .filter(|key| !key.is_weak())
        .ok_or_else(|| Error::Malformed("public_key is not an Ed25519 key".into()))?;
    if body.app.len() > 64 {
        return Err(Error::Malformed("app is longer than 64 bytes".into()));
    }
    let code = EnrolCode::parse(&body.code)
        .ok_or_else(|| Error::refused(Code::CodeWrong, "no such code"))?;
    let now = state.now();
    let device = DeviceId(new_id(now)?);
    let server_key = hex::encode(state.key.public().as_bytes());
    let enrolled = state
        .store
        .write(move |connection| {
            let redeemed = device::redeem_code(connection, &code, device, &key, &body.app, now)?;
            let (subject, result) = match &redeemed {
                device::Redeemed::Enrolled(worker) => (worker.to_string(), "done"),
                // The public half of the code says which worker it was made for, if it was made at all.
                device::Redeemed::Not(refused) => (code.id.clone(), refused.as_str()),
            };
            let entry = Entry {
                subject,
                action: "enrol",
                object: device.to_string(),
                result: result.into(),
                address: from.ip().to_string(),
            };
            // Guesses at codes that were never made are logged, not written down: a stranger must not fill the disk.
            if device::is_code(connection, &code.id)? {
                audit::add(connection, &entry, now)?;
            }
            let worker = match redeemed {
                device::Redeemed::Enrolled(worker) => worker,
                device::Redeemed::Not(code) => return Ok(Err(code)),
            };
            let epoch = epoch(connection)?;
            let worker =
                person::by_id_on(connection, worker, now.local_date())?.ok_or(Error::NotFound)?;
            for grid in &worker.grids {
                device::announce(connection, device, *grid, now)?;
            }
            Ok(Ok(Enrolled {
                certificate: device::certificate(connection, device)?.map(hex::encode),
                device,
                grids: worker.grids.clone(),
                worker,
                epoch_counter: epoch.counter,
                epoch_nonce: epoch.nonce.to_string(),
                server_time: now,
                server_key: server_key.clone(),
            }))
        })
        .await?;
    match enrolled {
        Ok(enrolled) => {
            tracing::info!(device = %enrolled.device, "device enrolled");
            Ok(Json(enrolled))
        }
        Err(code) => {
            tracing::warn!(%code, "enrolment refused");
            Err(Error::refused(code, "the code does not enrol this device"))
        }
    }
}

/// What a phone leaves here, in case its PIN is forgotten.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Recovery {
    /// 32 random bytes, hex.
    pub secret: String,
}

/// A phone whose PIN was forgotten.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Recover {
    /// Which.
    pub device: DeviceId,
    /// A one-time code of its worker, as typed.
    pub code: String,
}

/// What opens it.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct Opens {
    /// What the phone left here, hex; none when it never did, and then it needs none.
    #[serde(default)]
    pub secret: Option<String>,
}

async fn leave(
    phone: Phone,
    State(state): State<AppState>,
    body: Result<Json<Recovery>, JsonRejection>,
) -> Result<Json<Opens>> {
    let phone = phone.active()?;
    let secret: [u8; 32] = bytes(&json(body)?.secret)?;
    let now = state.now();
    let kept = state
        .store
        .write(move |connection| device::keep_recovery(connection, phone.device, &secret, now));
    kept.await?;
    Ok(Json(Opens { secret: None }))
}

async fn recover(
    State(state): State<AppState>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    body: Result<Json<Recover>, JsonRejection>,
) -> Result<Json<Opens>> {
    state.callers.knock(from.ip())?;
    let body = json(body)?;
    let code = EnrolCode::parse(&body.code)
        .ok_or_else(|| Error::refused(Code::CodeWrong, "no such code"))?;
    let (now, phone) = (state.now(), body.device);
    let recovered = state.store.write(move |connection| {
        let recovered = device::recover(connection, &code, phone, now)?;
        let result = match &recovered {
            device::Recovered::With(_) => "done",
            device::Recovered::Not(refused) => refused.as_str(),
        };
        let entry = Entry {
            subject: code.id.clone(),
            action: "recover_pin",
            object: phone.to_string(),
            result: result.into(),
            address: from.ip().to_string(),
        };
        // as with enrolment, a stranger must not fill the disk
        if device::is_code(connection, &code.id)? {
            audit::add(connection, &entry, now)?;
        }
        Ok(recovered)
    });
    match recovered.await? {
        device::Recovered::With(secret) => Ok(Json(Opens {
            secret: secret.map(hex::encode),
        })),
        device::Recovered::Not(code) => {
            tracing::warn!(%code, "a phone was not opened");
            Err(Error::refused(code, "the code does not open this phone"))
        }
    }
}

async fn challenge(
    State(state): State<AppState>,
    body: Result<Json<Challenge>, JsonRejection>,
) -> Result<Json<Nonce>> {
    let nonce = state.challenges.issue(json(body)?.device, state.now())?;
    Ok(Json(Nonce {
        nonce: hex::encode(nonce),
    }))
}

async fn token(
    State(state): State<AppState>,
    body: Result<Json<SignedNonce>, JsonRejection>,
) -> Result<Json<Token>> {
    let body = json(body)?;
    let nonce: [u8; 32] = bytes(&body.nonce)?;
    let signature = Signature::from_bytes(&bytes(&body.signature)?);
    let now = state.now();
    let device = body.device;
    let mut phone = state
        .store
        .read(move |connection| device::by_id(connection, device, now))
        .await?;
    let shown = body.certificate.as_deref().map(hex::decode);
    if phone.is_none()
        && let Some(Ok(certificate)) = shown
    {
        // A server restored from before the enrolment knows its own signature.
        phone = state
            .store
            .write(move |connection| {
                device::recognise(connection, &certificate)?;
                device::by_id(connection, device, now)
            })
            .await?;
    }
    let fresh = state.challenges.redeem(device, &nonce, now);
    // One answer for an unknown device, an old nonce and a wrong signature.
    let refused = || Error::Unauthorized(Code::SignatureBad);
    let phone = phone.filter(|_| fresh).ok_or_else(refused)?;
    phone
        .key
        .verify_strict(&token_message(&nonce), &signature)
        .map_err(|_| refused())?;
    // A revoked phone gets one too: it may still deliver, into quarantine. Every other route turns it away.
    let token = random::<32>()?;
    let hash = sha256(&token);
    let expires_at = now.plus_ms(TOKEN_LIFE_MS);
    let certificate = state
        .store
        .write(move |connection| {
            device::add_token(connection, &hash, device, now, expires_at)?;
            device::certificate(connection, device)
        })
        .await?;
    Ok(Json(Token {
        certificate: certificate.map(hex::encode),
        token: hex::encode(token),
        expires_at,
    }))
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| Error::Malformed(format!("expected {N} bytes of hex")))?;
    Ok(bytes)
}

/// The body, or an error in our own shape.
pub fn json<T>(body: Result<Json<T>, JsonRejection>) -> Result<T> {
    match body {
        Ok(Json(body)) => Ok(body),
        Err(rejection) if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Error::TooBig(Code::BodyTooBig))
        }
        Err(rejection) => Err(Error::Malformed(rejection.body_text())),
    }
}
