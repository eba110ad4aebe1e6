//! Who works where, and documents that leave: what an operator does until a steward has a page for it.

use super::{Data, by_operator};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use gridwalk_core::ids::{DocumentId, GridId};
use gridwalk_server::{
    AppState,
    assignment::{self, Change},
    departure::{erase_document, move_document},
    error::Result,
};

#[derive(Subcommand)]
pub enum Document {
    /// Move a document into another grid.
    Move {
        #[command(flatten)]
        data: Data,
        /// Which.
        #[arg(long)]
        id: DocumentId,
        /// Where to.
        #[arg(long)]
        to: GridId,
    },
    /// Erase a document for ever: its changes, rows, photos, and everything that lay in quarantine of it.
    Erase {
        #[command(flatten)]
        data: Data,
        /// Which.
        #[arg(long)]
        id: DocumentId,
        /// Why; kept with its id.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Subcommand)]
pub enum Worker {
    /// Give somebody a grid, for good or as a substitute from one day to another.
    Assign {
        #[command(flatten)]
        grid: OneGrid,
        /// First day.
        #[arg(long)]
        from: Option<NaiveDate>,
        /// Last day.
        #[arg(long)]
        to: Option<NaiveDate>,
    },
    /// Take a grid from somebody. What their phone saved before it hears of this is still taken.
    Release {
        #[command(flatten)]
        grid: OneGrid,
    },
}

#[derive(Args)]
pub struct OneGrid {
    #[command(flatten)]
    data: Data,
    /// The worker's login name.
    #[arg(long)]
    name: String,
    /// The grid's id.
    #[arg(long)]
    grid: GridId,
}

pub async fn run_document(command: Document) -> Result<()> {
    match command {
        Document::Move { data, id, to } => {
            let state = AppState::open(data.config()?)?;
            let entry = by_operator("document_move", format!("{id} to grid {to}"));
            move_document(&state, id, to, entry).await
        }
        Document::Erase { data, id, reason } => {
            let state = AppState::open(data.config()?)?;
            let entry = by_operator("document_erase", id.to_string());
            erase_document(&state, id, reason, entry).await
        }
    }
}

pub async fn run_worker(command: Worker) -> Result<()> {
    let (OneGrid { data, name, grid }, action, change) = match command {
        Worker::Assign { grid, from, to } => (grid, "grid_assign", Change::Assign { from, to }),
        Worker::Release { grid } => (grid, "grid_release", Change::Release),
    };
    let state = AppState::open(data.config()?)?;
    let entry = by_operator(action, format!("{name} grid {grid}"));
    assignment::change(&state, &name, grid, change, entry).await
}
