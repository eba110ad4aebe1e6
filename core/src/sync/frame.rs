//! A body on the wire: one byte that says how the rest is packed, then the message as CBOR. Unpacking stops at a limit,
//! and nothing is decoded before its shape is known to be modest.

use super::{
    dictionary, limits,
    message::{Request, Response},
    shape,
};
use crate::error::Code;
use minicbor::{Decode, Encode};
use std::io::Read;
use zstd::{dict::DecoderDictionary, stream::read::Decoder};

/// The content type of both directions.
pub const CONTENT_TYPE: &str = "application/vnd.gridwalk.sync";

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// zstd with a trained dictionary, whose number stands in the four bytes behind it.
const DICTIONARY: u8 = 2;

pub(super) const FAST: i32 = 3;
pub(super) const SMALL: i32 = 19;

/// What may be a body, and how large it may travel.
pub trait Body: Encode<()> + for<'b> Decode<'b, ()> {
    /// Bytes, packed.
    const PACKED: usize;
}
impl Body for Request {
    const PACKED: usize = limits::REQUEST_PACKED;
}
impl Body for Response {
    const PACKED: usize = limits::ANSWER_PACKED;
}

/// So few bytes are not worth a compressor.
const TINY: usize = 64;

/// How hard to press.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// For the server: about ten times faster than `Small`.
    Fast,
    /// For the phone, whose bytes are dear and whose pages are small.
    Small,
}

/// Why a body was not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    /// Over a limit, packed or unpacked.
    #[error("the body is larger than allowed")]
    TooBig,
    /// Cut off, or not what it says it is.
    #[error("the body does not parse")]
    Malformed,
}

impl FrameError {
    /// What the screen translates.
    pub fn code(self) -> Code {
        match self {
            Self::TooBig => Code::BodyTooBig,
            Self::Malformed => Code::BodyMalformed,
        }
    }
}

/// The body of `message` for a reader that may know no dictionary; plain where packing would not make it smaller. Fails
/// where no reader would take it.
pub fn encode<M: Body>(message: &M, effort: Effort) -> Result<Vec<u8>, FrameError> {
    encode_for(message, effort, &[])
}

/// The body of `message` for a reader that knows these dictionaries: whatever is smallest.
pub fn encode_for<M: Body>(
    message: &M,
    effort: Effort,
    dictionaries: &[u32],
) -> Result<Vec<u8>, FrameError> {
    let plain = minicbor::to_vec(message).map_err(|_| FrameError::Malformed)?;
    if plain.len() > limits::BODY_UNPACKED {
        return Err(FrameError::TooBig);
    }
    let level = match effort {
        Effort::Fast => FAST,
        Effort::Small if plain.len() <= 4 * limits::NEXT_PAGE => SMALL,
        Effort::Small => 9,
    };
    let mut body = match with_dictionary(&plain, level, dictionaries) {
        Some(body) => body,
        // an answer without news; setting a compressor up would cost more than it could save
        None if plain.len() < TINY => vec![PLAIN],
        None => {
            let packed = zstd::bulk::compress(&plain, level).unwrap_or_default();
            [&[ZSTD][..], &packed].concat()
        }
    };
    if body.len() == 1 || body.len() > plain.len() {
        body = [&[PLAIN][..], &plain].concat();
    }
    if body.len() > M::PACKED {
        return Err(FrameError::TooBig);
    }
    Ok(body)
}

/// Small bodies only: a large one has words enough of its own, and packing it twice to find that out costs more than it
/// could save.
fn with_dictionary(plain: &[u8], level: i32, theirs: &[u32]) -> Option<Vec<u8>> {
    if !(dictionary::FROM..=dictionary::UP_TO).contains(&plain.len()) {
        return None;
    }
    let id = dictionary::common(theirs)?;
    let prepared = dictionary::encoder(id, level)?;
    let mut packer = zstd::bulk::Compressor::with_prepared_dictionary(prepared).ok()?;
    packer.include_dictid(false).ok()?; // it stands in front
    let packed = packer.compress(plain).ok()?;
    Some([&[DICTIONARY][..], &id.to_be_bytes(), &packed].concat())
}

/// The message in `body`. Takes at most about [`limits::BODY_UNPACKED`] + 100 bytes for each of [`limits::BODY_ITEMS`].
pub fn decode<M: Body>(body: &[u8]) -> Result<M, FrameError> {
    if body.len() > M::PACKED {
        return Err(FrameError::TooBig);
    }
    match body.split_first() {
        Some((&PLAIN, plain)) => parse(plain),
        Some((&ZSTD, packed)) => parse(&inflate(packed, None)?),
        Some((&DICTIONARY, rest)) => {
            let (id, packed) = rest.split_first_chunk().ok_or(FrameError::Malformed)?;
            let known = dictionary::decoder(u32::from_be_bytes(*id));
            parse(&inflate(packed, Some(known.ok_or(FrameError::Malformed)?))?)
        }
        _ => Err(FrameError::Malformed),
    }
}

fn parse<M: Body>(plain: &[u8]) -> Result<M, FrameError> {
    if !shape::is_modest(plain) {
        return Err(FrameError::Malformed);
    }
    minicbor::decode(plain).map_err(|_| FrameError::Malformed)
}

fn inflate(
    packed: &[u8],
    dictionary: Option<&DecoderDictionary<'static>>,
) -> Result<Vec<u8>, FrameError> {
    let malformed = |_| FrameError::Malformed;
    let mut decoder = match dictionary {
        None => Decoder::with_buffer(packed),
        Some(dictionary) => Decoder::with_prepared_dictionary(packed, dictionary),
    }
    .map_err(malformed)?
    .single_frame();
    decoder.window_log_max(WINDOW_LOG).map_err(malformed)?;
    let mut plain = Vec::new();
    let most = limits::BODY_UNPACKED as u64 + 1;
    decoder
        .by_ref()
        .take(most)
        .read_to_end(&mut plain)
        .map_err(malformed)?;
    if plain.len() as u64 == most {
        return Err(FrameError::TooBig);
    }
    match decoder.finish() {
        [] => Ok(plain),
        _ => Err(FrameError::Malformed), // something after the frame
    }
}

/// 2²² bytes = [`limits::BODY_UNPACKED`]: a frame that wants a larger window cannot be honest.
const WINDOW_LOG: u32 = 22;
