//! The parcel's seal: a code of twelve letters and digits that a person copies from one screen to the other (60 bits, then
//! Argon2id), and a receipt of six that says on the old phone that the new one could open it.

use super::content::Content;
use crate::{
    error::{Answer, Failure},
    lock::Kdf,
    ports::Dice,
};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use gridwalk_core::error::Code;
use hkdf::Hkdf;
use sha2::Sha256;
use std::io::Read;

const MARK: &[u8] = b"gridwalk parcel 1";
const SALT: usize = 16;
const NONCE: usize = 24;
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE: usize = 12;
const RECEIPT: usize = 6;
/// Nothing that a phone packs is larger, and a file of strangers does not fill the memory.
const LARGEST: u64 = 256 * 1024 * 1024;
/// The same on every phone, because another one opens it.
const KDF: Kdf = Kdf {
    memory_kib: 32 * 1024,
    passes: 3,
};

pub(super) struct Seal {
    pub code: String,
    salt: [u8; SALT],
    key: [u8; 32],
}

impl Seal {
    pub fn new(dice: &dyn Dice) -> Answer<Self> {
        let code = spelled(&dice.roll::<CODE>()?);
        let salt: [u8; SALT] = dice.roll()?;
        let key = KDF.stretch(&code, &salt)?;
        Ok(Self { code, salt, key })
    }

    pub fn close(&self, content: &Content, dice: &dyn Dice) -> Answer<Vec<u8>> {
        let bytes = minicbor::to_vec(content).map_err(Failure::internal)?;
        let packed = zstd::encode_all(&bytes[..], 3)?;
        let nonce: [u8; NONCE] = dice.roll()?;
        let payload = Payload {
            msg: &packed,
            aad: MARK,
        };
        let sealed = XChaCha20Poly1305::new(&self.key.into()).encrypt(&nonce.into(), payload);
        let sealed = sealed.map_err(|_| Failure::internal("a parcel could not be sealed"))?;
        Ok([MARK, &self.salt[..], &nonce[..], &sealed[..]].concat())
    }

    pub fn receipt(&self) -> Answer<String> {
        let mut bytes = [0; RECEIPT];
        Hkdf::<Sha256>::new(Some(MARK), &self.key)
            .expand(b"receipt", &mut bytes)
            .map_err(Failure::internal)?;
        Ok(spelled(&bytes))
    }
}

/// What is in it and the receipt, if this is its code.
pub(super) fn open(file: &[u8], code: &str) -> Answer<(Content, String)> {
    let unreadable = |why: &str| Failure::new(Code::ParcelUnreadable, why);
    let rest = file
        .strip_prefix(MARK)
        .ok_or_else(|| unreadable("not a parcel"))?;
    let (salt, rest) = rest
        .split_first_chunk::<SALT>()
        .ok_or_else(|| unreadable("cut off"))?;
    let (nonce, sealed) = rest
        .split_first_chunk::<NONCE>()
        .ok_or_else(|| unreadable("cut off"))?;
    let code = typed(code);
    let seal = Seal {
        key: KDF.stretch(&code, salt)?,
        salt: *salt,
        code,
    };
    let payload = Payload {
        msg: sealed,
        aad: MARK,
    };
    let packed = XChaCha20Poly1305::new(&seal.key.into())
        .decrypt(nonce.into(), payload)
        .map_err(|_| unreadable("another code, or damaged"))?;
    let mut bytes = Vec::new();
    zstd::Decoder::new(&packed[..])?
        .take(LARGEST)
        .read_to_end(&mut bytes)?;
    let content = minicbor::decode(&bytes).map_err(|_| unreadable("a newer app packed it"))?;
    Ok((content, seal.receipt()?))
}

fn spelled(random: &[u8]) -> String {
    let letters = random.iter().map(|byte| LETTERS[usize::from(byte % 32)]);
    letters.map(char::from).collect()
}

/// As a person types it: small letters, with gaps, and with what looks alike.
pub(super) fn typed(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::SystemDice;
    use gridwalk_core::{
        ids::{DeviceId, PersonId},
        time::Timestamp,
    };
    use uuid::Uuid;

    fn content() -> Content {
        Content {
            worker: PersonId(Uuid::from_u128(1)),
            device: DeviceId(Uuid::from_u128(2)),
            made_at: Timestamp(3),
            changes: Vec::new(),
            acts: Vec::new(),
            blobs: Vec::new(),
            pictures: Vec::new(),
            drafts: vec![super::super::content::Draft {
                key: "report".into(),
                json: "\"楼道里有纸箱\"".into(),
                at: 4,
            }],
            last_edit: 5,
        }
    }

    #[test]
    fn a_parcel_opens_with_its_code_as_a_person_types_it_and_with_no_other() {
        let seal = Seal::new(&SystemDice).unwrap();
        let file = seal.close(&content(), &SystemDice).unwrap();
        assert!(!file.windows(6).any(|bytes| bytes == "楼道".as_bytes()));
        let (left, right) = seal.code.split_at(5);
        let sloppy = format!(
            " {}-{right}",
            left.to_lowercase().replace('0', "o").replace('1', "l")
        );
        let (opened, receipt) = open(&file, &sloppy).unwrap();
        assert_eq!(opened.drafts[0].json, content().drafts[0].json);
        assert_eq!(receipt, seal.receipt().unwrap());
        let other = Seal::new(&SystemDice).unwrap();
        assert_ne!(other.receipt().unwrap(), receipt);
        let refused = |file: &[u8], code: &str| open(file, code).err().map(|failure| failure.code);
        assert_eq!(refused(&file, &other.code), Some(Code::ParcelUnreadable));
        for end in [0, 5, MARK.len() + 3, MARK.len() + SALT + 9, file.len() - 1] {
            assert_eq!(
                refused(&file[..end], &seal.code),
                Some(Code::ParcelUnreadable),
                "cut at {end}"
            );
        }
        let mut damaged = file.clone();
        damaged[file.len() / 2 + 20] ^= 1;
        assert_eq!(refused(&damaged, &seal.code), Some(Code::ParcelUnreadable));
    }
}
