//! The merging process and the pipe to it. It is this program once more (`gridwalk-server merge-worker`), without runtime,
//! network or store: material comes in, what it led to goes out, and it may die at any moment.
//!
//! A frame is a length, a header in JSON, and raw bytes of the lengths that the header names.

use super::merging::merge;
use crate::store::document::{Material, Merged, Waiting};
use gridwalk_core::{
    ids::{DocumentId, GridId, Hash},
    registry::Projection,
    sync::message::{AccessClass, DocumentKind, Partition},
    time::Timestamp,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    io::{self, BufReader, BufWriter, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::{ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

/// No honest document comes near; a length beyond it is a broken pipe.
const LONGEST: u32 = 256 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Asked {
    document: DocumentId,
    kind: u16,
    grid: GridId,
    class: u8,
    revision: i64,
    received_at: Timestamp,
    positions: Vec<(Hash, u64)>,
    snapshot: bool,
    waiting: Vec<(i64, Hash)>,
    published: usize,
}

#[derive(Serialize, Deserialize)]
enum Told {
    Merged {
        projection: Box<Projection>,
        entering: Vec<(i64, Hash)>,
        aside: Vec<(i64, String)>,
    },
    Failed(String),
}

/// The process, seen from the server. It ends with this value.
pub struct Child {
    process: std::process::Child,
    work: BufWriter<ChildStdin>,
    answers: Receiver<(Told, Vec<Vec<u8>>)>,
}

impl Child {
    /// Starts one that may use so many bytes of memory.
    pub fn start(program: &Path, memory: u64) -> Result<Self, String> {
        let mut process = Command::new(program)
            .args(["merge-worker", &memory.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("no merging process: {error}"))?;
        let (Some(work), Some(told)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("a merging process without pipes".into());
        };
        let (sender, answers) = channel();
        std::thread::Builder::new()
            .name("merge-answers".into())
            .spawn(move || {
                let mut told = BufReader::new(told);
                while let Ok(Some(answer)) = read(&mut told) {
                    if sender.send(answer).is_err() {
                        return;
                    }
                }
            })
            .map_err(|error| error.to_string())?;
        Ok(Self {
            process,
            work: BufWriter::new(work),
            answers,
        })
    }

    /// Hands the material over and waits. Of the answer only what merging decides is taken; whose document it is stays
    /// what it was.
    pub fn merge(
        &mut self,
        material: Material,
        limit: Duration,
    ) -> Result<Result<Merged, String>, RecvTimeoutError> {
        // A process that has died already closes its pipe.
        send_material(&mut self.work, &material).map_err(|_| RecvTimeoutError::Disconnected)?;
        let (told, blobs) = self.answers.recv_timeout(limit)?;
        Ok(match told {
            Told::Failed(reason) => Err(reason),
            Told::Merged {
                projection,
                entering,
                aside,
            } => Ok(Merged {
                document: material.document,
                partition: material.partition,
                revision: material.revision,
                snapshot: blobs.into_iter().next().unwrap_or_default(),
                projection: *projection,
                entering,
                aside,
                received_at: material.received_at,
            }),
        })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Already gone is as good as ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The other end: merges what comes in until the pipe closes. `memory` bounds the process in bytes; an allocation beyond
/// it ends the process, and the server starts another.
pub fn serve(memory: u64) -> io::Result<()> {
    rlimit::setrlimit(rlimit::Resource::DATA, memory, memory)?;
    let (mut work, mut told) = (io::stdin().lock(), BufWriter::new(io::stdout().lock()));
    while let Some((asked, blobs)) = read(&mut work)? {
        let outcome = catch_unwind(AssertUnwindSafe(|| merge(material(asked, blobs))))
            .unwrap_or_else(|_| Err("merging panicked".into()));
        match outcome {
            Ok(merged) => {
                let header = Told::Merged {
                    projection: Box::new(merged.projection),
                    entering: merged.entering,
                    aside: merged.aside,
                };
                write(&mut told, &header, &[&merged.snapshot])?;
            }
            Err(reason) => write(&mut told, &Told::Failed(reason), &[])?,
        }
    }
    Ok(())
}

fn send_material(pipe: &mut impl Write, material: &Material) -> io::Result<()> {
    let header = Asked {
        document: material.document,
        kind: material.kind.0,
        grid: material.partition.grid,
        class: material.partition.class.0,
        revision: material.revision,
        received_at: material.received_at,
        positions: material.positions.iter().map(|(h, at)| (*h, *at)).collect(),
        snapshot: material.snapshot.is_some(),
        waiting: material
            .waiting
            .iter()
            .map(|w| (w.sequence, w.hash))
            .collect(),
        published: material.published.len(),
    };
    let waiting = material.waiting.iter().map(|change| &change.bytes);
    let blobs: Vec<&Vec<u8>> = material
        .published
        .iter()
        .chain(waiting)
        .chain(&material.snapshot)
        .collect();
    write(pipe, &header, &blobs)
}

fn material(asked: Asked, mut blobs: Vec<Vec<u8>>) -> Material {
    let snapshot = if asked.snapshot { blobs.pop() } else { None };
    let bytes = blobs.split_off(asked.published.min(blobs.len()));
    Material {
        document: asked.document,
        kind: DocumentKind(asked.kind),
        partition: Partition {
            grid: asked.grid,
            class: AccessClass(asked.class),
        },
        revision: asked.revision,
        snapshot,
        published: blobs,
        positions: asked.positions.into_iter().collect(),
        waiting: asked
            .waiting
            .into_iter()
            .zip(bytes)
            .map(|((sequence, hash), bytes)| Waiting {
                sequence,
                hash,
                bytes,
            })
            .collect(),
        received_at: asked.received_at,
    }
}

fn write<H: Serialize>(pipe: &mut impl Write, header: &H, blobs: &[&Vec<u8>]) -> io::Result<()> {
    let lengths: Vec<usize> = blobs.iter().map(|blob| blob.len()).collect();
    let header = serde_json::to_vec(&(header, lengths))?;
    let length = u32::try_from(header.len()).map_err(io::Error::other)?;
    pipe.write_all(&length.to_le_bytes())?;
    pipe.write_all(&header)?;
    for blob in blobs {
        pipe.write_all(blob)?;
    }
    pipe.flush()
}

/// The next frame; none when the pipe was closed between two.
fn read<H: DeserializeOwned>(pipe: &mut impl Read) -> io::Result<Option<(H, Vec<Vec<u8>>)>> {
    let mut length = [0; 4];
    match pipe.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let header = take(pipe, u32::from_le_bytes(length))?;
    let (header, lengths): (H, Vec<u32>) = serde_json::from_slice(&header)?;
    let blobs = lengths.into_iter().map(|length| take(pipe, length));
    Ok(Some((header, blobs.collect::<io::Result<_>>()?)))
}

fn take(pipe: &mut impl Read, length: u32) -> io::Result<Vec<u8>> {
    if length > LONGEST {
        return Err(io::Error::other("a frame that is too long"));
    }
    let mut bytes = Vec::new();
    pipe.take(u64::from(length)).read_to_end(&mut bytes)?;
    if bytes.len() == length as usize {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}
