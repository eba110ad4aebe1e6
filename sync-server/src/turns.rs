//! One at a time, by name: whoever holds a name's turn is alone with it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

/// The names that are taken.
#[derive(Clone, Default)]
pub struct Turns(Arc<Mutex<HashSet<String>>>);

/// A turn; over when dropped.
pub struct Turn {
    turns: Turns,
    name: String,
}

impl Turns {
    /// A turn with this name, unless somebody has it.
    pub fn enter(&self, name: &str) -> Option<Turn> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.insert(name.into()).then(|| Turn {
            turns: self.clone(),
            name: name.into(),
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut taken = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.remove(&self.name);
    }
}
