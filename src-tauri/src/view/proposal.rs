//! 更正建议: what the centre should put right, and what it said to it.

use super::Receipt;
use gridwalk_core::{
    proposal::{NewProposal, ProposalAnswer, ProposalSubject, ProposedField},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// Something whose fields a worker may not change, with what the phone knows of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Correctable {
    /// `听雨苑 3幢`
    pub title: String,
    /// What can be proposed, in its order; of a door its building's fields too.
    pub fields: Vec<CorrectableField>,
    /// Own proposals about any of it, newest first.
    pub proposals: Vec<ProposalRow>,
}

/// One of its fields.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct CorrectableField {
    /// What it is a field of.
    pub subject: ProposalSubject,
    /// Which.
    pub field: ProposedField,
    /// What the phone knows; empty when it holds nothing of it.
    pub says: String,
}

/// What a worker proposes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct ProposalInput {
    /// What it is about.
    pub subject: ProposalSubject,
    /// What of that.
    pub field: ProposedField,
    /// What it should be.
    pub should: String,
    /// How one knows.
    pub because: String,
}

/// An own proposal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct ProposalRow {
    /// As it was written.
    pub proposal: NewProposal,
    /// `听雨苑 3幢`; empty when the phone does not know it any more.
    pub title: String,
    /// When.
    pub at: Timestamp,
    /// How far it has come.
    pub receipt: Receipt,
    /// What the centre said.
    pub answer: Option<ProposalAnswer>,
    /// The answer came since the worker last looked.
    pub fresh: bool,
}
