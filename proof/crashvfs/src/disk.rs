//! The disk as a running program sees it: what was written is there. Every operation is written down besides.

use crate::{
    shm::Shared,
    trace::{Entry, Trace},
};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

/// Files by name, as they lie on the platter.
pub type Image = BTreeMap<String, Vec<u8>>;

/// Which `synchronous` the connections of a disk really get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// What the product asks for.
    AsAsked,
    /// `NORMAL`, whatever it asks for.
    Normal,
    /// `OFF`, whatever it asks for.
    Off,
}

/// What can be asked of a file and refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Syncing.
    Sync,
}

/// From the `after`-th such operation on, one or all fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The disk is full: every further write is refused.
    Full {
        /// Writes that still succeed.
        after: u32,
    },
    /// One operation fails. A failed sync forgets what it should have kept, as Linux does: later syncs succeed without it.
    Error {
        /// Which.
        operation: Operation,
        /// How many of them still succeed.
        after: u32,
    },
    /// One read answers with half of what was asked for and zeros behind it.
    ShortRead {
        /// Reads that still succeed.
        after: u32,
    },
}

/// Why an operation was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    Full,
    Error,
    Short,
}

/// One file, whatever it is called.
pub(crate) type Inode = u64;

/// Who holds a lock of a file.
pub(crate) type Holder = u64;

#[derive(Default)]
struct Node {
    bytes: Vec<u8>,
    locks: HashMap<Holder, i32>,
    /// Its name becomes durable with its first sync.
    new: bool,
}

struct State {
    names: BTreeMap<String, Inode>,
    nodes: BTreeMap<Inode, Node>,
    shared: HashMap<Inode, Shared>,
    next: u64,
    level: Level,
    fault: Option<Fault>,
    fired: u32,
    asked: HashMap<String, u32>,
    trace: Trace,
}

/// All files of one folder.
pub struct Disk {
    state: Mutex<State>,
}

static MOUNTED: LazyLock<Mutex<HashMap<PathBuf, Arc<Disk>>>> = LazyLock::new(Mutex::default);

fn mounted() -> MutexGuard<'static, HashMap<PathBuf, Arc<Disk>>> {
    MOUNTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The disk of that file's folder, and the file's name on it.
pub(crate) fn find(path: &Path) -> Option<(Arc<Disk>, String)> {
    let disk = mounted().get(path.parent()?)?.clone();
    Some((disk, path.file_name()?.to_str()?.to_owned()))
}

/// Gives a folder this content for SQLite; the folder's other files stay where they are.
pub fn mount(folder: &Path, image: Image, level: Level) -> Mounted {
    let trace = Trace::begin(&image);
    let mut names = BTreeMap::new();
    let mut nodes = BTreeMap::new();
    for (inode, (name, bytes)) in (0..).zip(image) {
        names.insert(name, inode);
        let node = Node {
            bytes,
            ..Node::default()
        };
        nodes.insert(inode, node);
    }
    let disk = Arc::new(Disk {
        state: Mutex::new(State {
            next: nodes.len() as u64,
            names,
            nodes,
            shared: HashMap::new(),
            level,
            fault: None,
            fired: 0,
            asked: HashMap::new(),
            trace,
        }),
    });
    mounted().insert(folder.to_owned(), disk.clone());
    Mounted {
        folder: folder.to_owned(),
        disk,
    }
}

/// A folder with a disk; dropping it takes the disk out. Files that are still open stay readable.
pub struct Mounted {
    folder: PathBuf,
    disk: Arc<Disk>,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        mounted().remove(&self.folder);
    }
}

impl Mounted {
    /// The disk, for whoever outlives the mount.
    pub fn disk(&self) -> Arc<Disk> {
        self.disk.clone()
    }
}

impl std::ops::Deref for Mounted {
    type Target = Disk;
    fn deref(&self) -> &Disk {
        &self.disk
    }
}

impl Disk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody was told just now that something is saved.
    pub fn acknowledge(&self, number: u64) {
        self.state().trace.push(Entry::Acknowledge(number));
    }

    /// From now on this goes wrong, if it is one.
    pub fn fault(&self, fault: Option<Fault>) {
        let mut state = self.state();
        state.fault = fault;
        state.fired = 0;
    }

    /// Whatever went wrong goes well again.
    pub fn fault_ends(&self) {
        self.state().fault = None;
    }

    /// How often the last fault has struck.
    pub fn fired(&self) -> u32 {
        self.state().fired
    }

    /// How often the product's connections asked for each level of `synchronous`, in lower case.
    pub fn asked(&self, level: &str) -> u32 {
        self.state().asked.get(level).copied().unwrap_or(0)
    }

    /// What happened so far.
    pub fn trace(&self) -> Trace {
        self.state().trace.clone()
    }

    /// Everything as the program sees it, as if all of it were durable.
    pub fn image(&self) -> Image {
        let state = self.state();
        let named = state.names.iter();
        named
            .filter_map(|(name, inode)| Some((name.clone(), state.nodes.get(inode)?.bytes.clone())))
            .collect()
    }

    // ── what SQLite asks ────────────────────────────────────────────────────────────────────────

    /// Opens or makes a file; whether it is new says who has to sync its folder.
    pub(crate) fn open(&self, name: &str, create: bool, journal: bool) -> Option<Inode> {
        let mut state = self.state();
        if let Some(inode) = state.names.get(name) {
            return Some(*inode);
        }
        if !create {
            return None;
        }
        let inode = state.next;
        state.next += 1;
        let node = Node {
            new: journal,
            ..Node::default()
        };
        state.nodes.insert(inode, node);
        state.names.insert(name.to_owned(), inode);
        state.trace.push(Entry::Name {
            name: name.to_owned(),
            inode,
        });
        Some(inode)
    }

    pub(crate) fn holder(&self) -> Holder {
        let mut state = self.state();
        state.next += 1;
        state.next
    }

    /// A deleted file lives on for whoever has it open.
    pub(crate) fn delete(&self, name: &str, durably: bool) -> bool {
        let mut state = self.state();
        if state.names.remove(name).is_none() {
            return false;
        }
        state.trace.push(Entry::Unname(name.to_owned()));
        if durably {
            state.trace.push(Entry::FolderSync);
        }
        true
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.state().names.contains_key(name)
    }

    pub(crate) fn size(&self, inode: Inode) -> u64 {
        let state = self.state();
        state
            .nodes
            .get(&inode)
            .map_or(0, |node| node.bytes.len() as u64)
    }

    /// Fills the buffer, with zeros behind the end; how many bytes were there.
    pub(crate) fn read(&self, inode: Inode, at: u64, into: &mut [u8]) -> Result<usize, Refused> {
        let mut state = self.state();
        let refused = state.refuses(Operation::Read);
        let Some(node) = state.nodes.get(&inode) else {
            return Err(Refused::Error);
        };
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let rest = node.bytes.get(at..).unwrap_or_default();
        let mut there = rest.len().min(into.len());
        match refused {
            Some(Refused::Short) => there /= 2,
            Some(other) => return Err(other),
            None => {}
        }
        into[..there].copy_from_slice(&rest[..there]);
        into[there..].fill(0);
        Ok(there)
    }

    pub(crate) fn write(&self, inode: Inode, at: u64, bytes: &[u8]) -> Result<(), Refused> {
        let mut state = self.state();
        if let Some(refused) = state.refuses(Operation::Write) {
            return Err(refused);
        }
        let at = usize::try_from(at).map_err(|_| Refused::Full)?;
        if let Some(node) = state.nodes.get_mut(&inode) {
            crate::trace::put(&mut node.bytes, at, bytes);
        }
        state.trace.push(Entry::Write {
            inode,
            at,
            bytes: bytes.into(),
        });
        Ok(())
    }

    pub(crate) fn truncate(&self, inode: Inode, size: u64) {
        let mut state = self.state();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if let Some(node) = state.nodes.get_mut(&inode) {
            node.bytes.truncate(size);
        }
        state.trace.push(Entry::Truncate { inode, size });
    }

    pub(crate) fn sync(&self, inode: Inode) -> Result<(), Refused> {
        let mut state = self.state();
        if let Some(refused) = state.refuses(Operation::Sync) {
            state.trace.push(Entry::FailedSync(inode));
            return Err(refused);
        }
        state.trace.push(Entry::Sync(inode));
        let new = state.nodes.get_mut(&inode);
        if new.is_some_and(|node| std::mem::take(&mut node.new)) {
            state.trace.push(Entry::FolderSync);
        }
        Ok(())
    }

    /// Raises a lock as the Unix files of SQLite do; false when somebody is in the way.
    pub(crate) fn lock(&self, inode: Inode, holder: Holder, level: i32) -> bool {
        use rusqlite::ffi::{SQLITE_LOCK_EXCLUSIVE, SQLITE_LOCK_PENDING, SQLITE_LOCK_RESERVED};
        let mut state = self.state();
        let Some(node) = state.nodes.get_mut(&inode) else {
            return false;
        };
        let mine = node.locks.get(&holder).copied().unwrap_or(0);
        if mine >= level {
            return true;
        }
        let others = node.locks.iter().filter(|(other, _)| **other != holder);
        let highest = others.map(|(_, level)| *level).max().unwrap_or(0);
        if level >= SQLITE_LOCK_RESERVED {
            if highest >= SQLITE_LOCK_RESERVED {
                return false;
            }
        } else if highest >= SQLITE_LOCK_PENDING {
            return false;
        }
        if level == SQLITE_LOCK_EXCLUSIVE && highest > 0 {
            // readers finish, no new one begins
            node.locks.insert(holder, SQLITE_LOCK_PENDING);
            return false;
        }
        node.locks.insert(holder, level);
        true
    }

    pub(crate) fn unlock(&self, inode: Inode, holder: Holder, level: i32) {
        let mut state = self.state();
        if let Some(node) = state.nodes.get_mut(&inode) {
            if level == 0 {
                node.locks.remove(&holder);
            } else {
                node.locks.insert(holder, level);
            }
        }
    }

    pub(crate) fn reserved(&self, inode: Inode) -> bool {
        let state = self.state();
        let node = state.nodes.get(&inode);
        node.is_some_and(|node| {
            let mut levels = node.locks.values();
            levels.any(|level| *level >= rusqlite::ffi::SQLITE_LOCK_RESERVED)
        })
    }

    pub(crate) fn shared<T>(&self, inode: Inode, act: impl FnOnce(&mut Shared) -> T) -> T {
        act(self.state().shared.entry(inode).or_default())
    }

    /// The last connection has gone: the memory they shared goes too.
    pub(crate) fn leave_shared(&self, inode: Inode, holder: Holder) {
        let mut state = self.state();
        if let Some(shared) = state.shared.get_mut(&inode)
            && shared.leave(holder)
        {
            state.shared.remove(&inode);
        }
    }

    /// The level that the connection really gets, if not the one it asks for.
    pub(crate) fn instead_of(&self, asked: &str) -> Option<&'static str> {
        let mut state = self.state();
        *state.asked.entry(asked.to_ascii_lowercase()).or_default() += 1;
        match state.level {
            Level::AsAsked => None,
            Level::Normal => Some("1"),
            Level::Off => Some("0"),
        }
    }
}

impl State {
    fn refuses(&mut self, operation: Operation) -> Option<Refused> {
        let (after, refused, once) = match &mut self.fault {
            Some(Fault::Full { after }) if operation == Operation::Write => {
                (after, Refused::Full, false)
            }
            Some(Fault::Error {
                operation: of,
                after,
            }) if *of == operation => (after, Refused::Error, true),
            Some(Fault::ShortRead { after }) if operation == Operation::Read => {
                (after, Refused::Short, true)
            }
            _ => return None,
        };
        if *after > 0 {
            *after -= 1;
            return None;
        }
        if once {
            self.fault = None;
        }
        self.fired += 1;
        Some(refused)
    }
}
