//! The memory that connections of one WAL database share, and its eight locks. It is gone after a cut, as on a real machine.

use crate::disk::Holder;
use rusqlite::ffi::SQLITE_SHM_NLOCK;
use std::{
    cell::UnsafeCell,
    collections::{HashMap, HashSet},
};

/// One piece that SQLite asked for, zeroed, at a fixed place in memory as long as anybody uses it.
struct Region(Box<[UnsafeCell<u64>]>);

// SAFETY: the cells are never touched by Rust after they were made, only by SQLite, which brings its own locks and barriers
// for this memory; moving the box between threads moves no cell.
unsafe impl Send for Region {}

#[derive(Default)]
pub(crate) struct Shared {
    regions: Vec<Region>,
    users: HashSet<Holder>,
    slots: [HashMap<Holder, bool>; SQLITE_SHM_NLOCK as usize],
}

impl Shared {
    /// The piece's address; none when it is not there and nobody wants it made.
    pub fn region(
        &mut self,
        holder: Holder,
        place: usize,
        size: usize,
        make: bool,
    ) -> Option<*mut std::ffi::c_void> {
        self.users.insert(holder);
        while make && self.regions.len() <= place {
            let cells = (0..size.div_ceil(8)).map(|_| UnsafeCell::new(0));
            self.regions.push(Region(cells.collect()));
        }
        let region = self.regions.get(place)?;
        Some(UnsafeCell::raw_get(region.0.as_ptr()).cast())
    }

    /// Takes all of these slots or none; `alone` keeps everybody else out of them.
    pub fn lock(&mut self, holder: Holder, slots: std::ops::Range<usize>, alone: bool) -> bool {
        let taken = &mut self.slots[slots];
        let free = taken.iter().all(|slot| {
            let mut others = slot.iter().filter(|(other, _)| **other != holder);
            others.all(|(_, exclusive)| !alone && !*exclusive)
        });
        if free {
            for slot in taken {
                slot.insert(holder, alone);
            }
        }
        free
    }

    pub fn unlock(&mut self, holder: Holder, slots: std::ops::Range<usize>) {
        for slot in &mut self.slots[slots] {
            slot.remove(&holder);
        }
    }

    /// Whether nobody is left.
    pub fn leave(&mut self, holder: Holder) -> bool {
        self.users.remove(&holder);
        self.unlock(holder, 0..SQLITE_SHM_NLOCK as usize);
        self.users.is_empty()
    }
}
