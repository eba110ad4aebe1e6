//! A store in memory that knows the difference between written and safe. A transaction is all or nothing; what was not
//! synced when the power went is gone.

use std::rc::Rc;

/// What readers see, and what a crash leaves.
#[derive(Debug)]
pub struct Disk<T> {
    seen: Rc<T>,
    safe: Rc<T>,
}

impl<T: Clone> Disk<T> {
    pub fn new(content: T) -> Self {
        let safe = Rc::new(content);
        Self {
            seen: safe.clone(),
            safe,
        }
    }

    pub fn read(&self) -> &T {
        &self.seen
    }

    /// One transaction: written, and not safe before [`Disk::sync`].
    pub fn write<R, E>(&mut self, act: impl FnOnce(&mut T) -> Result<R, E>) -> Result<R, E> {
        let mut draft = (*self.seen).clone();
        let told = act(&mut draft)?;
        self.seen = Rc::new(draft);
        Ok(told)
    }

    pub fn sync(&mut self) {
        self.safe = self.seen.clone();
    }

    /// The power goes.
    pub fn crash(&mut self) {
        self.seen = self.safe.clone();
    }

    /// What would be on a copy of the medium.
    pub fn copy(&self) -> Rc<T> {
        self.safe.clone()
    }

    /// The medium is replaced by such a copy.
    pub fn restore(&mut self, copy: Rc<T>) {
        self.seen = copy.clone();
        self.safe = copy;
    }
}
