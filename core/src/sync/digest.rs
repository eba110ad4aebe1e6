//! 32 bytes that two sides can compare instead of thousands of hashes: the sum of change hashes modulo 2²⁵⁶.
//! It guards against loss and bugs, not against somebody who can choose the changes of a whole feed.

use super::message::Digest;
use crate::ids::Hash;

impl Digest {
    /// The digest of an empty feed.
    pub const EMPTY: Self = Self([0; 32]);

    /// With one more change. The order in which changes are added does not matter.
    pub fn add(&mut self, change: &Hash) {
        let mut carry = 0u16;
        for (sum, byte) in self.0.iter_mut().zip(change.0) {
            carry += u16::from(*sum) + u16::from(byte);
            *sum = carry as u8;
            carry >>= 8;
        }
    }

    /// Without that change again; undoes [`Digest::add`].
    pub fn remove(&mut self, change: &Hash) {
        let mut borrow = 0i16;
        for (sum, byte) in self.0.iter_mut().zip(change.0) {
            borrow += i16::from(*sum) - i16::from(byte);
            *sum = borrow as u8;
            borrow >>= 8;
        }
    }

    /// The digest of exactly these changes.
    pub fn of<'a>(changes: impl IntoIterator<Item = &'a Hash>) -> Self {
        let mut digest = Self::EMPTY;
        changes.into_iter().for_each(|change| digest.add(change));
        digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hashes() -> impl Strategy<Value = Vec<Hash>> {
        prop::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..20)
    }

    proptest! {
        #[test]
        fn order_does_not_matter(hashes in hashes(), seed in any::<u64>()) {
            let mut shuffled = hashes.clone();
            shuffled.sort_by_key(|hash| Hash::of(&[&seed.to_le_bytes()[..], &hash.0].concat()));
            prop_assert_eq!(Digest::of(&hashes), Digest::of(&shuffled));
        }

        #[test]
        fn removing_undoes_adding(hashes in hashes(), one in any::<[u8; 32]>()) {
            let before = Digest::of(&hashes);
            let mut digest = before;
            digest.add(&Hash(one));
            digest.remove(&Hash(one));
            prop_assert_eq!(digest, before);
        }

        #[test]
        fn a_missing_or_doubled_change_shows(hashes in hashes().prop_filter("some", |h| !h.is_empty())) {
            prop_assume!(hashes[0].0 != [0; 32]);
            let whole = Digest::of(&hashes);
            prop_assert_ne!(Digest::of(&hashes[1..]), whole);
            prop_assert_ne!(Digest::of(hashes.iter().chain(&hashes[..1])), whole);
        }
    }

    #[test]
    fn the_sum_wraps_around_and_carries_through_every_byte() {
        let mut one = [0; 32];
        one[0] = 1;
        let mut digest = Digest([0xff; 32]);
        digest.add(&Hash(one));
        assert_eq!(digest, Digest::EMPTY);
        digest.remove(&Hash(one));
        assert_eq!(digest, Digest([0xff; 32]));
    }
}
