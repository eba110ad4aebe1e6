//! One error for the whole phone: a code that a screen acts on outside, the context inside.

use gridwalk_core::error::{Code, Refusal};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why something did not happen. Nothing acknowledged was lost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, specta::Type)]
pub struct Failure {
    /// What the screen translates.
    pub code: Code,
    /// For the log and the operator, in English; never a resident's data.
    pub detail: String,
}

/// What every act of the phone answers.
pub type Answer<T> = Result<T, Failure>;

impl Failure {
    /// A failure with its context.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
    /// Something that should not happen.
    pub fn internal(detail: impl fmt::Display) -> Self {
        Self::new(Code::Internal, detail.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}
impl std::error::Error for Failure {}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.detail)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as E;
        let code = match error.sqlite_error_code() {
            Some(E::DiskFull) => Code::StorageFull,
            _ => Code::StorageBroken,
        };
        Self::new(code, error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(format!("json: {error}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let code = match error.kind() {
            std::io::ErrorKind::StorageFull => Code::StorageFull,
            _ => Code::StorageBroken,
        };
        Self::new(code, error.to_string())
    }
}
