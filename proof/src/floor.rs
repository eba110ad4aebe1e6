//! What nobody can go below: the missing bytes packed as hard as zstd packs, and one bare exchange of so many bytes on an
//! open connection through the same link.

use crate::{
    process::Outcome,
    radio::{Pace, Radio},
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The parts as one stream, packed with all that zstd has.
pub fn packed<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Outcome<usize> {
    let whole: Vec<u8> = parts.into_iter().flatten().copied().collect();
    Ok(zstd::bulk::compress(&whole, 19)?.len())
}

/// So many bytes there, so many back, nothing else: the median wall of `times`.
pub async fn exchange(up: usize, down: usize, pace: Pace, times: usize) -> Outcome<Duration> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let centre = listener.local_addr()?.to_string();
    let answers = tokio::spawn(async move {
        let (mut phone, _) = listener.accept().await?;
        phone.set_nodelay(true)?;
        let (mut asked, answer) = (vec![0; up], vec![0; down]);
        for _ in 0..=times {
            phone.read_exact(&mut asked).await?;
            phone.write_all(&answer).await?;
        }
        Ok::<_, std::io::Error>(())
    });
    let radio = Radio::to(&centre, pace).await?;
    let mut centre = TcpStream::connect(&radio.address).await?;
    centre.set_nodelay(true)?;
    let (question, mut answer) = (vec![0; up], vec![0; down]);
    let mut walls = Vec::new();
    for turn in 0..=times {
        radio.take();
        centre.write_all(&question).await?;
        centre.read_exact(&mut answer).await?;
        if turn > 0 {
            walls.push(radio.take().wall()); // the first opened the connection
        }
    }
    answers.await??;
    walls.sort_unstable();
    Ok(walls[walls.len() / 2])
}
