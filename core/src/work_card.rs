//! The work card 电子工作证 as a resident's phone reads it: a code that the worker's phone signs without a network, that
//! serves for two minutes, and by which the centre tells who stands at the door. The bytes, before they become letters:
//!
//! ```text
//! offset  bytes
//!      0      1   1: this layout
//!      1     16   the phone
//!     17      8   when it was made, by the phone's corrected clock: milliseconds since 1970 UTC, big endian
//!     25     64   Ed25519 by the phone's key over PURPOSE and the bytes before
//! ```
//!
//! They are written as 119 letters of base64url without padding. Nothing in it names a person: who carries the phone is known
//! to the centre alone. The same key signs envelopes and tokens; each of them begins with another purpose, so that no
//! signature ever passes for one of another kind. Two codes of one millisecond are the same code, and that harms nobody: a
//! code says who, and lets nobody do anything.

use crate::{ids::DeviceId, time::Timestamp};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use uuid::Uuid;

/// What the signature is for; it stands before the signed bytes.
pub const PURPOSE: &[u8] = b"gridwalk work card 1\0";
/// How long a code serves.
pub const LIFE_MS: i64 = 120_000;
/// How wrong the phone's clock may be, either way: one that was never measured has nothing but itself to go by.
pub const SKEW_MS: i64 = 120_000;
/// How long a code is, as letters.
pub const LETTERS: usize = 119;

const LAYOUT: u8 = 1;
const SAID: usize = 25;
const BYTES: usize = SAID + 64;

/// Why letters are no work card.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoCard {
    /// Too many or too few of them.
    #[error("a code has {LETTERS} letters")]
    Length,
    /// Not base64url as we write it.
    #[error("a letter that no code has")]
    Letters,
    /// A layout that this program does not know.
    #[error("layout {0}")]
    Layout(u8),
    /// A time that no clock shows.
    #[error("a time that no clock shows")]
    Time,
}

/// What a code says; whether that is true is not known before [`Shown::is_signed_by`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// The phone that made it, as it says.
    pub device: DeviceId,
    /// When, by the phone's clock.
    pub made_at: Timestamp,
    said: [u8; SAID],
    signature: [u8; 64],
}

/// How a code stands in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Age {
    /// It serves.
    Fresh,
    /// It did; or the phone's clock is behind.
    Over,
    /// Made later than now: the phone's clock is ahead.
    Ahead,
}

/// A code of this moment.
pub fn issue(key: &SigningKey, device: DeviceId, now: Timestamp) -> String {
    let mut bytes = [0; BYTES];
    bytes[0] = LAYOUT;
    bytes[1..17].copy_from_slice(device.as_bytes());
    // a clock before 1970 is wrong by more than anybody tolerates, whatever it says
    let at = u64::try_from(now.0).unwrap_or_default();
    bytes[17..SAID].copy_from_slice(&at.to_be_bytes());
    let signature = key.sign(&message(&bytes[..SAID]));
    bytes[SAID..].copy_from_slice(&signature.to_bytes());
    letters(&bytes)
}

/// What these letters say. Anything may be asked, of any length.
pub fn read(text: &str) -> Result<Shown, NoCard> {
    if text.len() != LETTERS {
        return Err(NoCard::Length);
    }
    let bytes = bytes(text).ok_or(NoCard::Letters)?;
    let (mut said, mut signature) = ([0; SAID], [0; 64]);
    said.copy_from_slice(&bytes[..SAID]);
    signature.copy_from_slice(&bytes[SAID..]);
    let (mut device, mut at) = ([0; 16], [0; 8]);
    device.copy_from_slice(&said[1..17]);
    at.copy_from_slice(&said[17..]);
    if said[0] != LAYOUT {
        return Err(NoCard::Layout(said[0]));
    }
    Ok(Shown {
        device: DeviceId(Uuid::from_bytes(device)),
        made_at: Timestamp(i64::try_from(u64::from_be_bytes(at)).map_err(|_| NoCard::Time)?),
        said,
        signature,
    })
}

impl Shown {
    /// Whether the phone with this key made it.
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        let signature = Signature::from_bytes(&self.signature);
        key.verify_strict(&message(&self.said), &signature).is_ok()
    }

    /// How it stands at `now`, by the centre's clock.
    pub fn age(&self, now: Timestamp) -> Age {
        let age = now.since(self.made_at);
        if age < -SKEW_MS {
            Age::Ahead
        } else if age <= LIFE_MS + SKEW_MS {
            Age::Fresh
        } else {
            Age::Over
        }
    }
}

fn message(said: &[u8]) -> Vec<u8> {
    [PURPOSE, said].concat()
}

fn letters(bytes: &[u8; BYTES]) -> String {
    BASE64.encode(bytes)
}

/// The only bytes that are written so: bits to spare at the end are not a second way to say the same.
fn bytes(text: &str) -> Option<[u8; BYTES]> {
    BASE64.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::envelope::{self, Sender};
    use proptest::prelude::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    const LIN: DeviceId = DeviceId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0042));
    const NINE: Timestamp = Timestamp(1_789_347_600_000);
    const FIRST: &str = "AQGQAAAAAHAAgAAAAAAAAEIAAAGgnW2WgF_brSQ5Jf5wbK9gatKtemnzNZh7NTNYY2rDHtpXMjO6Z-ft\
        GHGhQPkSDPMcKQUqFjBfYTsLFRajt6-hYiH5vwI";

    #[test]
    fn a_code_is_what_the_first_release_wrote() {
        // a phone that is never updated goes on showing codes of this kind
        let code = issue(&key(7), LIN, NINE);
        assert_eq!(code, FIRST);
        assert_eq!(code.len(), LETTERS);
        let shown = read(&code).expect("a code");
        assert_eq!((shown.device, shown.made_at), (LIN, NINE));
        assert!(shown.is_signed_by(&key(7).verifying_key()));
        assert!(!shown.is_signed_by(&key(8).verifying_key()));
    }

    #[test]
    fn it_serves_two_minutes_and_a_clock_may_be_wrong_by_two() {
        let shown = read(&issue(&key(7), LIN, NINE)).expect("a code");
        for (ms, age) in [
            (-SKEW_MS - 1, Age::Ahead),
            (-SKEW_MS, Age::Fresh),
            (0, Age::Fresh),
            (LIFE_MS + SKEW_MS, Age::Fresh),
            (LIFE_MS + SKEW_MS + 1, Age::Over),
            (i64::MAX, Age::Over),
            (i64::MIN, Age::Ahead),
        ] {
            assert_eq!(shown.age(NINE.plus_ms(ms)), age, "{ms}");
        }
        // a battery that was empty for long leaves a clock at its beginning
        let asleep = read(&issue(&key(7), LIN, Timestamp(-5))).expect("a code");
        assert_eq!(asleep.age(NINE), Age::Over);
    }

    #[test]
    fn neither_an_envelope_nor_a_token_is_a_work_card() {
        let sender = Sender {
            device: LIN,
            worker: crate::ids::PersonId(Uuid::from_u128(1)),
            previous: None,
            phone_clock: NINE,
            clock_ahead_ms: 0,
            app: "gridwalk".into(),
        };
        let sealed = envelope::seal(&key(7), &sender, Vec::new(), Vec::new());
        let code = issue(&key(7), LIN, NINE);
        let own = bytes(&code).expect("bytes");
        let token = key(7).sign(&[b"gridwalk token 1".as_slice(), &own[..SAID]].concat());
        let bare = key(7).sign(&own[..SAID]);
        for other in [
            sealed.upload.signature.to_vec(),
            token.to_bytes().to_vec(),
            bare.to_bytes().to_vec(),
        ] {
            let mut forged = own;
            forged[SAID..].copy_from_slice(&other);
            let shown = read(&letters(&forged)).expect("a code");
            assert!(!shown.is_signed_by(&key(7).verifying_key()));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_scanned_is_refused_in_a_word_or_says_what_it_says(text in ".{0,160}") {
            prop_assert!(read(&text).is_err());
        }

        #[test]
        fn letters_that_could_be_a_code_are_read_back_or_refused(
            text in "[A-Za-z0-9_-]{119}", first in any::<bool>(),
        ) {
            let text = if first { format!("AQ{}", &text[2..]) } else { text };
            match read(&text) {
                Ok(shown) => {
                    prop_assert!(!shown.is_signed_by(&key(7).verifying_key()));
                    let whole: Vec<u8> = shown.said.into_iter().chain(shown.signature).collect();
                    prop_assert_eq!(letters(&whole.try_into().expect("all of it")), text);
                }
                Err(NoCard::Length) => prop_assert!(false, "it is as long as a code"),
                Err(_) => {}
            }
        }

        #[test]
        fn every_device_and_time_comes_back_and_one_changed_letter_makes_it_worthless(
            device in any::<u128>(), at in 0..=i64::MAX, place in 0..LETTERS, letter in 0usize..64,
        ) {
            let code = issue(&key(7), DeviceId(Uuid::from_u128(device)), Timestamp(at));
            let shown = read(&code).expect("a code");
            prop_assert_eq!(shown.device.0.as_u128(), device);
            prop_assert_eq!(shown.made_at, Timestamp(at));
            prop_assert!(shown.is_signed_by(&key(7).verifying_key()));
            let mut other = code.clone().into_bytes();
            other[place] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[letter];
            let other = String::from_utf8(other).expect("letters");
            if other != code {
                let believed = read(&other).is_ok_and(|shown| shown.is_signed_by(&key(7).verifying_key()));
                prop_assert!(!believed, "{}", other);
            }
        }
    }
}
