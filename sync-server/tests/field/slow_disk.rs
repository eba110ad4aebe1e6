//! A disk so slow that the queue before it is full: one write is under way and does not end, others fill every place.

use super::Field;
use gridwalk_server::store::Pending;
use std::sync::mpsc;

pub struct SlowDisk {
    release: mpsc::Sender<()>,
    writes: Vec<Pending<()>>,
}

impl SlowDisk {
    /// Afterwards every further write is turned away, until [`SlowDisk::recover`].
    pub fn under(field: &Field) -> Self {
        let store = &field.server.state().store;
        let (began, begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let slow = store.begin_write(move |_| {
            let _ = began.send(());
            let _ = released.recv();
            Ok(())
        });
        let mut writes = vec![slow.expect("a write")];
        tokio::task::block_in_place(|| begun.recv()).expect("the slow write has begun");
        while let Ok(write) = store.try_begin_write(|_| Ok(())) {
            writes.push(write);
        }
        Self { release, writes }
    }

    /// Everything that waited is written.
    pub fn recover(self) {
        drop(self.release);
        tokio::task::block_in_place(|| {
            let mut writes = self.writes.into_iter();
            writes.try_for_each(|write| write.wait()).expect("commits");
        });
    }
}
