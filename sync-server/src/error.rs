//! An error here *is* the HTTP answer: a status and `{code, detail}`. What only the operator may know goes to the log.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use gridwalk_core::error::{Code, Refusal};
use serde::{Deserialize, Serialize};

/// What is said to whoever asked.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong on the way to an answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400: the request ended early or does not parse.
    #[error("malformed: {0}")]
    Malformed(String),
    /// 401: no token or session, or it has ended.
    #[error("unauthorized: {0}")]
    Unauthorized(Code),
    /// 403: known, but not allowed.
    #[error("forbidden: {0}: {1}")]
    Forbidden(Code, String),
    /// 404: there is none, or none that this reader may know of.
    #[error("not found")]
    NotFound,
    /// 409: true at another moment (a wrong offset, a used code).
    #[error("conflict: {0}: {1}")]
    Conflict(Code, String),
    /// 410: it was here and is not whole any more; the phones that still have it are asked for it again.
    #[error("the photo is damaged")]
    Damaged(gridwalk_core::ids::Hash),
    /// 413: more bytes than allowed.
    #[error("too big: {0}")]
    TooBig(Code),
    /// 415: an encoding or media type that is not spoken here.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// 422: understood, and refused by a rule.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// 429: too often.
    #[error("too many: {0}")]
    TooMany(Code),
    /// 460: the bytes do not have the promised hash (the status that tus gives a wrong checksum).
    #[error("the bytes do not have the promised hash")]
    ChecksumMismatch,
    /// 503: come back later; says when.
    #[error("busy")]
    Busy,
    /// 507: the disk is full. Reading goes on.
    #[error("the disk is full")]
    StorageFull,
    /// 500: our fault. The detail is logged under an id, never told.
    #[error("internal: {0}")]
    Internal(String),
}

/// The body of every error answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// Stable; the screens translate it.
    pub code: Code,
    /// English, for the log of whoever asked.
    pub detail: String,
}

impl Error {
    /// A failure of ours with its context.
    pub fn internal(context: &str, error: impl std::fmt::Display) -> Self {
        Self::Internal(format!("{context}: {error}"))
    }
    /// A 422 with its code.
    pub fn refused(code: Code, detail: impl Into<String>) -> Self {
        Self::Refused(Refusal::new(code, detail))
    }
    /// The status that begins the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(..) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict(..) => StatusCode::CONFLICT,
            Self::Damaged(_) => StatusCode::GONE,
            Self::TooBig(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unsupported(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::ChecksumMismatch => {
                StatusCode::from_u16(460).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY)
            }
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
    /// The code that a screen translates.
    pub fn code(&self) -> Code {
        match self {
            Self::Malformed(_) | Self::Unsupported(_) => Code::BodyMalformed,
            Self::Unauthorized(code)
            | Self::Forbidden(code, _)
            | Self::Conflict(code, _)
            | Self::TooBig(code)
            | Self::TooMany(code) => *code,
            Self::NotFound => Code::NotFound,
            Self::Damaged(_) => Code::PhotoDamaged,
            Self::Refused(refusal) => refusal.code,
            Self::ChecksumMismatch => Code::BlobHashMismatch,
            Self::Busy => Code::ServerBusy,
            Self::StorageFull => Code::StorageFull,
            Self::Internal(_) => Code::ServerError,
        }
    }
    fn body(&self) -> ErrorBody {
        let detail = match self {
            Self::Internal(context) => {
                // Told: an id. Logged: the id and what happened.
                let id = uuid::Uuid::now_v7();
                tracing::error!(%id, context, "internal error");
                format!("internal error {id}")
            }
            other => other.to_string(),
        };
        ErrorBody {
            code: self.code(),
            detail,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(self.body())).into_response();
        if matches!(self, Self::Busy | Self::TooMany(_)) {
            // Spread over ten seconds, so that phones which were turned away together do not come back together.
            let mut byte = [0u8; 1];
            let jitter = getrandom::fill(&mut byte).map_or(0, |()| u64::from(byte[0]) % 10);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(2 + jitter));
        }
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::StorageFull,
            _ => Self::internal("file", error),
        }
    }
}
