//! Who works where, and documents that leave: what an operator does until a steward has a page for it.

use super::{Data, by_operator};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use gridwalk_core::{
    ids::{DocumentId, GridId},
    reference::Person,
};
use gridwalk_server::{
    AppState,
    departure::{erase_document, move_document},
    error::{Error, Result},
    store::{
        audit,
        person::{self, Cover},
        reference,
    },
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
    match command {
        Worker::Assign { grid, from, to } => {
            let (id, cover) = (grid.grid, Cover { from, to });
            change(grid, "grid_assign", move |person| {
                if !person.grids.contains(&id) {
                    person.grids.push(id);
                }
                Some(cover)
            })
            .await
        }
        Worker::Release { grid } => {
            let id = grid.grid;
            change(grid, "grid_release", move |person| {
                person.grids.retain(|grid| *grid != id);
                None
            })
            .await
        }
    }
}

async fn change(
    OneGrid { data, name, grid }: OneGrid,
    action: &'static str,
    change: impl Fn(&mut Person) -> Option<Cover> + Send + 'static,
) -> Result<()> {
    let state = AppState::open(data.config()?)?;
    let now = state.now();
    state
        .store
        .write(move |connection| {
            let id = person::by_login(connection, &name)?.ok_or(Error::NotFound)?;
            let mut person = person::by_id(connection, id)?.ok_or(Error::NotFound)?;
            let cover = change(&mut person);
            reference::reassign(connection, &person, None, now)?;
            if let Some(cover) = cover {
                person::limit_grid(connection, id, grid, cover)?;
            }
            let entry = by_operator(action, format!("{id} grid {grid}"));
            audit::add(connection, &entry, now)
        })
        .await
}
