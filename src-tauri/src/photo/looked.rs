//! Colleagues' photos that were looked at a moment ago, in memory: whoever turns a page back does not fetch them again over a
//! line that costs money. No disk has them, and whatever the centre says next takes them away: it may have taken their record.

use gridwalk_core::ids::Hash;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// All of them together weigh no more than this: about ten.
const MOST: usize = 4 * 1024 * 1024;

/// The photos of one phone; they go with it.
#[derive(Default)]
pub(crate) struct Looked(Mutex<VecDeque<(Hash, Vec<u8>)>>);

impl Looked {
    /// One that is still in memory.
    pub fn get(&self, hash: &Hash) -> Option<Vec<u8>> {
        let photos = self.photos();
        let found = photos.iter().find(|(known, _)| known == hash);
        found.map(|(_, bytes)| bytes.clone())
    }

    /// Somebody looks at this one; the oldest make room for it.
    pub fn keep(&self, hash: Hash, bytes: Vec<u8>) {
        let mut photos = self.photos();
        photos.retain(|(known, _)| *known != hash);
        photos.push_back((hash, bytes));
        while photos.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > MOST {
            photos.pop_front();
        }
    }

    /// None is left.
    pub fn clear(&self) {
        self.photos().clear();
    }

    fn photos(&self) -> MutexGuard<'_, VecDeque<(Hash, Vec<u8>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_there_as_far_as_there_is_room() {
        let looked = Looked::default();
        let photo = |n: u8| vec![n; 500_000];
        for n in 0..20 {
            looked.keep(Hash([n; 32]), photo(n));
            looked.keep(Hash([n; 32]), photo(n));
        }
        let left: Vec<u8> = (0..20)
            .filter(|n| looked.get(&Hash([*n; 32])) == Some(photo(*n)))
            .collect();
        assert_eq!(left, (12..20).collect::<Vec<u8>>());
        looked.keep(Hash([99; 32]), vec![0; MOST + 1]);
        assert_eq!(looked.get(&Hash([99; 32])), None, "it does not fit at all");
    }
}
