//! What happened to a disk, in order, and what a cut at any place of it leaves behind.

use crate::disk::{Image, Inode};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{collections::BTreeMap, sync::Arc};

#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Name {
        name: String,
        inode: Inode,
    },
    Unname(String),
    FolderSync,
    Write {
        inode: Inode,
        at: usize,
        bytes: Arc<[u8]>,
    },
    Truncate {
        inode: Inode,
        size: usize,
    },
    Sync(Inode),
    FailedSync(Inode),
    Acknowledge(u64),
}

/// Everything that happened to a disk since it was mounted.
#[derive(Clone)]
pub struct Trace {
    begun: Image,
    entries: Vec<Entry>,
}

/// Where the power is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PointKind {
    /// While a file is being synced: none of that sync is certain.
    Sync,
    /// At the moment when somebody was told that something is saved.
    Acknowledgement,
    /// When all was over.
    End,
}

/// A place to cut at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Point {
    /// What happens there.
    pub kind: PointKind,
    /// The last acknowledgement before it, and including it.
    pub acknowledged: Option<u64>,
    place: usize,
}

impl Trace {
    pub(crate) fn begin(image: &Image) -> Self {
        Self {
            begun: image.clone(),
            entries: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Every sync, every acknowledgement, and the end.
    pub fn points(&self) -> Vec<Point> {
        let mut acknowledged = None;
        let mut points = Vec::new();
        for (place, entry) in self.entries.iter().enumerate() {
            let kind = match entry {
                Entry::Sync(_) => PointKind::Sync,
                Entry::Acknowledge(number) => {
                    acknowledged = Some(*number);
                    PointKind::Acknowledgement
                }
                _ => continue,
            };
            points.push(Point {
                kind,
                acknowledged,
                place,
            });
        }
        points.push(Point {
            kind: PointKind::End,
            acknowledged,
            place: self.entries.len(),
        });
        points
    }

    /// What lies on the platter after a cut at each of these points, which come in order; the seed decides what of the
    /// unsynced is kept.
    pub fn survivors<'a>(
        &'a self,
        points: &'a [Point],
        seed: u64,
    ) -> impl Iterator<Item = (Point, Image)> + 'a {
        let mut platter = Platter::of(&self.begun);
        let mut done = 0;
        points.iter().map(move |point| {
            for entry in &self.entries[done.min(point.place)..point.place] {
                platter.follow(entry);
            }
            done = point.place;
            let dice = seed ^ (point.place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (*point, platter.cut(&mut ChaCha8Rng::seed_from_u64(dice)))
        })
    }
}

/// Overwrites, with zeros in a gap.
pub(crate) fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[at..end].copy_from_slice(bytes);
}

#[derive(Clone)]
enum Pending {
    Write { at: usize, bytes: Arc<[u8]> },
    Truncate(usize),
}

#[derive(Default)]
struct Lying {
    durable: Vec<u8>,
    pending: Vec<Pending>,
}

/// What is durable, and what is on its way.
struct Platter {
    names: BTreeMap<String, Inode>,
    names_pending: Vec<(String, Option<Inode>)>,
    files: BTreeMap<Inode, Lying>,
}

impl Platter {
    fn of(image: &Image) -> Self {
        let mut platter = Self {
            names: BTreeMap::new(),
            names_pending: Vec::new(),
            files: BTreeMap::new(),
        };
        for (inode, (name, bytes)) in (0..).zip(image) {
            platter.names.insert(name.clone(), inode);
            let lying = Lying {
                durable: bytes.clone(),
                pending: Vec::new(),
            };
            platter.files.insert(inode, lying);
        }
        platter
    }

    fn follow(&mut self, entry: &Entry) {
        match entry {
            Entry::Name { name, inode } => {
                self.names_pending.push((name.clone(), Some(*inode)));
                self.files.entry(*inode).or_default();
            }
            Entry::Unname(name) => self.names_pending.push((name.clone(), None)),
            Entry::FolderSync => {
                for (name, inode) in std::mem::take(&mut self.names_pending) {
                    rename(&mut self.names, name, inode);
                }
            }
            Entry::Write { inode, at, bytes } => self.pending(*inode).push(Pending::Write {
                at: *at,
                bytes: bytes.clone(),
            }),
            Entry::Truncate { inode, size } => self.pending(*inode).push(Pending::Truncate(*size)),
            Entry::Sync(inode) => {
                let file = self.files.entry(*inode).or_default();
                for pending in std::mem::take(&mut file.pending) {
                    pending.apply(&mut file.durable);
                }
            }
            // the pages were marked clean and never reach the platter
            Entry::FailedSync(inode) => self.pending(*inode).clear(),
            Entry::Acknowledge(_) => {}
        }
    }

    fn pending(&mut self, inode: Inode) -> &mut Vec<Pending> {
        &mut self.files.entry(inode).or_default().pending
    }

    fn cut(&self, dice: &mut ChaCha8Rng) -> Image {
        let mut names = self.names.clone();
        let kept = dice.random_range(0..=self.names_pending.len());
        for (name, inode) in &self.names_pending[..kept] {
            rename(&mut names, name.clone(), *inode);
        }
        let content = |(name, inode)| {
            let file = self.files.get(&inode)?;
            let mut bytes = file.durable.clone();
            let keep = Keep::draw(file.pending.len(), dice);
            for (n, pending) in file.pending.iter().enumerate() {
                keep.apply(n, pending, &mut bytes, dice);
            }
            Some((name, bytes))
        };
        names.into_iter().filter_map(content).collect()
    }
}

fn rename(names: &mut BTreeMap<String, Inode>, name: String, inode: Option<Inode>) {
    match inode {
        Some(inode) => names.insert(name, inode),
        None => names.remove(&name),
    };
}

impl Pending {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => put(file, *at, bytes),
            Self::Truncate(size) => file.truncate(*size),
        }
    }

    /// Only some sectors of it arrive, and one of them may hold rubbish.
    fn tear(&self, file: &mut Vec<u8>, dice: &mut ChaCha8Rng) {
        let Self::Write { at, bytes } = self else {
            return self.apply(file);
        };
        let sector = if dice.random() { 512 } else { 4096 };
        let mut begin = 0;
        while begin < bytes.len() {
            let end = ((at + begin) / sector + 1) * sector - at;
            let end = end.min(bytes.len());
            match dice.random_range(0..8) {
                0..4 => {}
                4 => {
                    let mut rubbish = vec![0; end - begin];
                    dice.fill(&mut rubbish[..]);
                    put(file, at + begin, &rubbish);
                }
                _ => put(file, at + begin, &bytes[begin..end]),
            }
            begin = end;
        }
    }
}

/// What of a file's unsynced operations arrives.
enum Keep {
    None,
    All,
    /// So many, the next one torn.
    Beginning(usize),
    /// Each by itself: lost, whole, or torn.
    Some,
}

impl Keep {
    fn draw(pending: usize, dice: &mut ChaCha8Rng) -> Self {
        match dice.random_range(0..6) {
            0 => Self::None,
            1 => Self::All,
            2 | 3 if pending > 0 => Self::Beginning(dice.random_range(0..pending)),
            _ => Self::Some,
        }
    }

    fn apply(&self, n: usize, pending: &Pending, file: &mut Vec<u8>, dice: &mut ChaCha8Rng) {
        match self {
            Self::None => {}
            Self::All => pending.apply(file),
            Self::Beginning(whole) if n < *whole => pending.apply(file),
            Self::Beginning(whole) if n == *whole => pending.tear(file, dice),
            Self::Beginning(_) => {}
            Self::Some => match dice.random_range(0..8) {
                0..3 => {}
                3 => pending.tear(file, dice),
                _ => pending.apply(file),
            },
        }
    }
}
