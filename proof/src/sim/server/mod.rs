//! The server: what its store holds, and the steps of one exchange, each of which may be its last. Written after
//! `sync-server/src/{ingest,merge,store}`; what is judged, merged and answered is core's own code.

mod answer;
mod attribution;
mod desk;
mod ingest;
mod merge;
mod store;

pub use ingest::{Delivery, Receipt};
pub use merge::Outcome;
pub use store::{Device, Shelf, State, Store};

use super::{disk::Disk, planted::Planted};
use gridwalk_core::ids::{DeviceId, DocumentId};
use std::{collections::BTreeSet, rc::Rc};

/// One server with its disk.
pub struct Server {
    pub disk: Disk<Store>,
    /// Which start of the program this is; its actors are new each time.
    pub process: DeviceId,
    /// What is on its way to an earlier start arrives nowhere.
    pub life: u64,
    pub down: bool,
    /// The most bytes of one answer.
    pub page: u32,
    /// Documents that merging cannot do, while the fault lasts.
    pub poisonous: BTreeSet<DocumentId>,
    pub backup: Option<Rc<Store>>,
    pub planted: Option<Planted>,
}

impl Server {
    pub fn new(mut store: Store, process: DeviceId, page: u32, planted: Option<Planted>) -> Self {
        store.planted = planted;
        Self {
            disk: Disk::new(store),
            process,
            life: 0,
            down: false,
            page,
            poisonous: BTreeSet::new(),
            backup: None,
            planted,
        }
    }

    pub fn has_bug(&self, bug: Planted) -> bool {
        self.planted == Some(bug)
    }
}
