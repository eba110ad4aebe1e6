//! A disk so slow that the queue before it is full: as many writes as the store does at once are under way and do not end, others fill every place.

use super::Field;
use gridwalk_server::store::Pending;
use std::sync::{Arc, Mutex, mpsc};

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
        let released = Arc::new(Mutex::new(released));
        let mut writes = Vec::new();
        for _ in 0..store.writers() {
            let (began, released) = (began.clone(), released.clone());
            let slow = store.begin_write(move |_| {
                let _ = began.send(());
                let _ = released.lock().expect("nobody panicked").recv();
                Ok(())
            });
            writes.push(slow.expect("a write"));
            tokio::task::block_in_place(|| begun.recv()).expect("the slow write has begun");
        }
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
