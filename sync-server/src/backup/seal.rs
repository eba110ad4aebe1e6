//! Files that only the holder of a private key can read: X25519 with a key made for this one file, HKDF, and
//! XChaCha20-Poly1305 in frames of 64 KiB (STREAM), so that a file is read and written without being held in memory, and a
//! frame that is missing, doubled or moved is noticed. The server keeps the public key only.
//!
//! ```text
//! "gridwalk sealed 1\0" · public key of this file (32) · nonce (19) · frames, each 16 bytes longer than its text
//! ```

use crate::{
    error::{Error, Result},
    state::random,
};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::stream::{DecryptorBE32, EncryptorBE32},
};
use curve25519_dalek::MontgomeryPoint;
use hkdf::Hkdf;
use sha2::Sha256;
use std::{
    io::{self, Read, Write},
    str::FromStr,
};

const MAGIC: &[u8; 18] = b"gridwalk sealed 1\0";
const FRAME: usize = 64 * 1024;
const TAG: usize = 16;
/// XChaCha's 24 bytes less the five that STREAM counts with.
const NONCE: usize = 19;
const IDENTITY: &str = "gridwalk-identity-1-";
const RECIPIENT: &str = "gridwalk-recipient-1-";

/// To whom backups are sealed. Public; it may lie on the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recipient([u8; 32]);

/// What opens them. It belongs on paper or another machine, never on the server.
#[derive(Clone)]
pub struct Identity([u8; 32]);

impl Identity {
    /// A new one.
    pub fn new() -> Result<Self> {
        random().map(Self)
    }
    /// Its public half.
    pub fn recipient(&self) -> Recipient {
        Recipient(MontgomeryPoint::mul_base_clamped(self.0).0)
    }
    /// As it is written down. Whoever reads it reads every backup.
    pub fn secret_text(&self) -> String {
        format!("{IDENTITY}{}", hex::encode(self.0))
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity of {}", self.recipient())
    }
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{RECIPIENT}{}", hex::encode(self.0))
    }
}

impl FromStr for Recipient {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        key(text, RECIPIENT).map(Self)
    }
}

impl FromStr for Identity {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        // lines that begin with # may say what it is for
        let lines = text.lines().map(str::trim);
        let line = lines
            .into_iter()
            .find(|line| !line.is_empty() && !line.starts_with('#'));
        key(line.unwrap_or_default(), IDENTITY).map(Self)
    }
}

fn key(text: &str, prefix: &str) -> std::result::Result<[u8; 32], String> {
    let mut key = [0; 32];
    text.trim()
        .strip_prefix(prefix)
        .and_then(|digits| hex::decode_to_slice(digits, &mut key).ok())
        .ok_or_else(|| format!("it must be {prefix} and 64 hex digits"))?;
    Ok(key)
}

/// The key of one file. `name` is bound to it: a file under another name does not open.
fn cipher(
    shared: MontgomeryPoint,
    file: &[u8; 32],
    recipient: &Recipient,
    name: &str,
) -> io::Result<XChaCha20Poly1305> {
    if shared.0 == [0; 32] {
        return Err(broken("a key without a secret"));
    }
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(&[&file[..], &recipient.0].concat()), &shared.0)
        .expand(
            &[b"gridwalk backup 1\0", name.as_bytes()].concat(),
            &mut key,
        )
        .map_err(|_| broken("no key could be derived"))?;
    Ok(XChaCha20Poly1305::new(&key.into()))
}

fn broken(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}

/// Writes a sealed file. [`Sealing::finish`] ends it; one that was not finished does not open.
pub struct Sealing<W: Write> {
    out: W,
    stream: Option<EncryptorBE32<XChaCha20Poly1305>>,
    frame: Vec<u8>,
}

impl<W: Write> Sealing<W> {
    /// Begins a file of that name.
    pub fn begin(mut out: W, recipient: &Recipient, name: &str) -> Result<Self> {
        let (secret, nonce) = (random::<32>()?, random::<NONCE>()?);
        let file = MontgomeryPoint::mul_base_clamped(secret).0;
        let shared = MontgomeryPoint(recipient.0).mul_clamped(secret);
        let cipher = cipher(shared, &file, recipient, name)?;
        for part in [&MAGIC[..], &file, &nonce] {
            out.write_all(part)?;
        }
        Ok(Self {
            out,
            stream: Some(EncryptorBE32::from_aead(cipher, (&nonce).into())),
            frame: Vec::with_capacity(FRAME),
        })
    }

    /// Writes the last frame and gives back what it wrote to.
    pub fn finish(mut self) -> Result<W> {
        let stream = self.stream.take();
        let stream = stream.ok_or_else(|| Error::Internal("a sealed file ended twice".into()))?;
        let last = stream
            .encrypt_last(&self.frame[..])
            .map_err(|_| broken("a frame could not be sealed"))?;
        self.out.write_all(&last)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.frame.len() == FRAME {
            let stream = self.stream.as_mut();
            let sealed = stream
                .and_then(|stream| stream.encrypt_next(&self.frame[..]).ok())
                .ok_or_else(|| broken("a frame could not be sealed"))?;
            self.out.write_all(&sealed)?;
            self.frame.clear();
        }
        let taken = bytes.len().min(FRAME - self.frame.len());
        self.frame.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a sealed file. Only what comes out of it was checked; a cut shows as an error, never as an early end.
pub struct Opening<R: Read> {
    file: R,
    stream: Option<DecryptorBE32<XChaCha20Poly1305>>,
    /// What was read ahead, to know whether a frame is the last one.
    ahead: Vec<u8>,
    plain: Vec<u8>,
    at: usize,
}

impl<R: Read> Opening<R> {
    /// Begins to read a file of that name.
    pub fn begin(mut file: R, identity: &Identity, name: &str) -> Result<Self> {
        let mut head = [0; MAGIC.len() + 32 + NONCE];
        file.read_exact(&mut head)?;
        let (magic, rest) = head.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(broken("this is no sealed file").into());
        }
        let (public, nonce) = rest.split_at(32);
        let mut made_for = [0; 32];
        made_for.copy_from_slice(public);
        let shared = MontgomeryPoint(made_for).mul_clamped(identity.0);
        let cipher = cipher(shared, &made_for, &identity.recipient(), name)?;
        let mut opening = Self {
            file,
            stream: Some(DecryptorBE32::from_aead(cipher, nonce.into())),
            ahead: Vec::new(),
            plain: Vec::new(),
            at: 0,
        };
        opening.read_ahead()?;
        Ok(opening)
    }

    fn read_ahead(&mut self) -> io::Result<()> {
        self.ahead.clear();
        let whole = (FRAME + TAG) as u64;
        self.file
            .by_ref()
            .take(whole)
            .read_to_end(&mut self.ahead)?;
        Ok(())
    }
}

impl<R: Read> Read for Opening<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.plain.len() {
            let Some(mut stream) = self.stream.take() else {
                return Ok(0);
            };
            let frame = std::mem::take(&mut self.ahead);
            self.read_ahead()?;
            let unsealed =
                || broken("a frame is damaged, missing, or sealed to another key or name");
            self.plain = match self.ahead.is_empty() {
                true => stream.decrypt_last(&frame[..]).map_err(|_| unsealed())?,
                false => {
                    let plain = stream.decrypt_next(&frame[..]).map_err(|_| unsealed())?;
                    self.stream = Some(stream);
                    plain
                }
            };
            self.at = 0;
        }
        let taken = into.len().min(self.plain.len() - self.at);
        into[..taken].copy_from_slice(&self.plain[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(plain: &[u8], recipient: &Recipient) -> Vec<u8> {
        let mut sealing = Sealing::begin(Vec::new(), recipient, "a file").expect("begun");
        sealing.write_all(plain).expect("written");
        sealing.finish().expect("finished")
    }

    fn opened(sealed: &[u8], identity: &Identity, name: &str) -> Option<Vec<u8>> {
        let mut plain = Vec::new();
        let mut opening = Opening::begin(sealed, identity, name).ok()?;
        opening.read_to_end(&mut plain).ok().map(|_| plain)
    }

    #[test]
    fn what_was_sealed_opens_with_its_key_and_name_and_with_no_other() {
        let (right, wrong) = (Identity([1; 32]), Identity([2; 32]));
        for length in [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME] {
            let plain = vec![7; length];
            let file = sealed(&plain, &right.recipient());
            assert_eq!(opened(&file, &right, "a file"), Some(plain), "{length}");
            assert_eq!(opened(&file, &wrong, "a file"), None);
            assert_eq!(opened(&file, &right, "another"), None);
        }
    }

    #[test]
    fn a_cut_a_flipped_bit_and_frames_in_another_order_are_noticed() {
        let identity = Identity([1; 32]);
        let file = sealed(&vec![7; 3 * FRAME], &identity.recipient());
        let head = MAGIC.len() + 32 + NONCE;
        let frame = FRAME + TAG;
        for cut in [0, head - 1, head, head + 1, head + frame, file.len() - 1] {
            assert_eq!(opened(&file[..cut], &identity, "a file"), None, "{cut}");
        }
        for place in [0, MAGIC.len(), head - 1, head, file.len() - 1] {
            let mut flipped = file.clone();
            flipped[place] ^= 1;
            assert_eq!(opened(&flipped, &identity, "a file"), None, "{place}");
        }
        let mut swapped = file.clone();
        swapped[head..head + 2 * frame].rotate_left(frame);
        assert_eq!(opened(&swapped, &identity, "a file"), None);
        assert_eq!(
            opened(&[&file[..], b"x"].concat(), &identity, "a file"),
            None
        );
    }

    #[test]
    fn keys_are_read_back_as_they_are_printed() {
        let identity = Identity([3; 32]);
        let file = format!("# of the street office\n\n{}\n", identity.secret_text());
        let read: Identity = file.parse().expect("an identity");
        assert_eq!(read.recipient(), identity.recipient());
        let printed = identity.recipient().to_string();
        assert_eq!(printed.parse(), Ok(identity.recipient()));
        assert!(identity.secret_text().parse::<Recipient>().is_err());
        assert!(!format!("{identity:?}").contains(&hex::encode(identity.0)));
    }

    #[test]
    fn a_recipient_that_makes_every_secret_the_same_is_not_sealed_to() {
        assert!(Sealing::begin(Vec::new(), &Recipient([0; 32]), "a file").is_err());
    }
}
