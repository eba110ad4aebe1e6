//! A body on the wire: one byte that says how the rest is packed, then the message as CBOR. Unpacking stops at a limit,
//! and nothing is decoded before its shape is known to be modest.

use super::{
    limits,
    message::{Request, Response},
    shape,
};
use crate::error::Code;
use minicbor::{Decode, Encode};
use std::io::Read;

/// The content type of both directions.
pub const CONTENT_TYPE: &str = "application/vnd.gridwalk.sync";

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
// 2 is kept free for zstd with a trained dictionary, named by its id

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

/// The body of `message`; plain where packing would not make it smaller. Fails where no reader would take it.
pub fn encode<M: Body>(message: &M, effort: Effort) -> Result<Vec<u8>, FrameError> {
    let plain = minicbor::to_vec(message).map_err(|_| FrameError::Malformed)?;
    if plain.len() > limits::BODY_UNPACKED {
        return Err(FrameError::TooBig);
    }
    let level = match effort {
        Effort::Fast => 3,
        Effort::Small if plain.len() <= 4 * limits::NEXT_PAGE => 19,
        Effort::Small => 9,
    };
    let packed = zstd::bulk::compress(&plain, level).unwrap_or_default();
    let body = match packed.len() {
        1.. if packed.len() < plain.len() => [&[ZSTD][..], &packed].concat(),
        _ => [&[PLAIN][..], &plain].concat(),
    };
    if body.len() > M::PACKED {
        return Err(FrameError::TooBig);
    }
    Ok(body)
}

/// The message in `body`. Takes at most about [`limits::BODY_UNPACKED`] + 100 bytes for each of [`limits::BODY_ITEMS`].
pub fn decode<M: Body>(body: &[u8]) -> Result<M, FrameError> {
    if body.len() > M::PACKED {
        return Err(FrameError::TooBig);
    }
    match body.split_first() {
        Some((&PLAIN, plain)) => parse(plain),
        Some((&ZSTD, packed)) => parse(&inflate(packed)?),
        _ => Err(FrameError::Malformed),
    }
}

fn parse<M: Body>(plain: &[u8]) -> Result<M, FrameError> {
    if !shape::is_modest(plain) {
        return Err(FrameError::Malformed);
    }
    minicbor::decode(plain).map_err(|_| FrameError::Malformed)
}

fn inflate(packed: &[u8]) -> Result<Vec<u8>, FrameError> {
    let malformed = |_| FrameError::Malformed;
    let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)
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
