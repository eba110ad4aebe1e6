//! The table of functions through which SQLite reaches a [`Disk`]. Nothing is decided here.
//!
//! What every function may rely on, because SQLite promises it: the file is one that [`open`] prepared and [`close`] has not
//! yet seen, pointers to results are valid, buffers have the length that comes with them, names end with a zero byte.

use crate::disk::{self, Disk, Holder, Inode, Refused};
use rusqlite::ffi::*;
use std::{
    ffi::{CStr, c_char, c_int, c_void},
    path::Path,
    ptr,
    sync::{
        Arc, Once,
        atomic::{AtomicPtr, Ordering, fence},
    },
};

/// The VFS that this one stands before: it tells the time, sleeps and makes randomness.
static BEFORE: AtomicPtr<sqlite3_vfs> = AtomicPtr::new(ptr::null_mut());

/// From now on every database that this process opens lies on a mounted disk. The first call decides, later ones change nothing.
///
/// # Panics
///
/// When SQLite does not take it.
pub fn install() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // SAFETY: initialising is allowed at any time; the default VFS lives for ever, and so does ours, which is leaked.
        let taken = unsafe {
            assert_eq!(sqlite3_initialize(), SQLITE_OK);
            let before = sqlite3_vfs_find(ptr::null());
            assert!(!before.is_null(), "SQLite has no VFS of its own");
            BEFORE.store(before, Ordering::Release);
            let mut ours = *before;
            ours.szOsFile = size_of::<File>() as c_int;
            ours.pNext = ptr::null_mut();
            ours.zName = c"gridwalk-crash".as_ptr();
            ours.pAppData = ptr::null_mut();
            ours.xOpen = Some(open);
            ours.xDelete = Some(delete);
            ours.xAccess = Some(access);
            ours.xFullPathname = Some(full_pathname);
            ours.xRandomness = Some(randomness);
            ours.xSleep = Some(sleep);
            ours.xCurrentTime = Some(current_time);
            ours.xCurrentTimeInt64 = Some(current_time_int64);
            ours.xGetLastError = None;
            sqlite3_vfs_register(Box::into_raw(Box::new(ours)), 1)
        };
        assert_eq!(taken, SQLITE_OK, "SQLite did not take the VFS");
    });
}

/// What SQLite holds for an open file.
#[repr(C)]
struct File {
    base: sqlite3_file,
    open: *mut Open,
}

struct Open {
    disk: Arc<Disk>,
    name: String,
    inode: Inode,
    holder: Holder,
    delete_on_close: bool,
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2, // no memory-mapped reading
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// # Safety
///
/// `file` was prepared by [`open`] and not yet closed.
unsafe fn opened<'a>(file: *mut sqlite3_file) -> &'a Open {
    // SAFETY: the caller's promise; `open` put a leaked box there that only `close` takes back.
    unsafe { &*(*file.cast::<File>()).open }
}

/// # Safety
///
/// `name` ends with a zero byte and lives as long as the answer.
unsafe fn path<'a>(name: *const c_char) -> Option<&'a Path> {
    if name.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(name) }.to_str().ok().map(Path::new)
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives `szOsFile` bytes for the file; no methods means that it is not open.
    unsafe { (*file).pMethods = ptr::null() };
    // SAFETY: SQLite's promise. A file without a name is a temporary one, and the product has none (`temp_store`).
    let Some((disk, name)) = unsafe { path(name) }.and_then(disk::find) else {
        return SQLITE_CANTOPEN;
    };
    let create = flags & SQLITE_OPEN_CREATE != 0;
    let journal =
        flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL) != 0;
    let Some(inode) = disk.open(&name, create, journal) else {
        return SQLITE_CANTOPEN;
    };
    let holder = disk.holder();
    let open = Box::new(Open {
        disk,
        name,
        inode,
        holder,
        delete_on_close: flags & SQLITE_OPEN_DELETEONCLOSE != 0,
    });
    // SAFETY: as above; `out_flags` may be null.
    unsafe {
        (*file.cast::<File>()).open = Box::into_raw(open);
        (*file).pMethods = &METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes an open file once; the box came from `open`.
    let open = unsafe { Box::from_raw((*file.cast::<File>()).open) };
    open.disk.unlock(open.inode, open.holder, SQLITE_LOCK_NONE);
    if open.delete_on_close {
        open.disk.delete(&open.name, false);
    }
    SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite's promise.
    match unsafe { path(name) }.and_then(disk::find) {
        Some((disk, name)) if disk.delete(&name, sync != 0) => SQLITE_OK,
        _ => SQLITE_IOERR_DELETE_NOENT,
    }
}

unsafe extern "C" fn access(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    _: c_int,
    there: *mut c_int,
) -> c_int {
    // SAFETY: SQLite's promise.
    let found = unsafe { path(name) }.and_then(disk::find);
    let exists = found.is_some_and(|(disk, name)| disk.exists(&name));
    // SAFETY: SQLite's promise.
    unsafe { *there = c_int::from(exists) };
    SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite's promise.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if bytes.len() > usize::try_from(room).unwrap_or(0) {
        return SQLITE_CANTOPEN;
    }
    // SAFETY: `out` has room for so many bytes, and does not overlap the name.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len()) };
    SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    into: *mut c_void,
    length: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite's promise.
    let open = unsafe { opened(file) };
    let length = usize::try_from(length).unwrap_or(0);
    // SAFETY: SQLite's promise; the bytes are plain and overwritten before anybody reads them here.
    let into = unsafe { std::slice::from_raw_parts_mut(into.cast::<u8>(), length) };
    match open.disk.read(open.inode, at.unsigned_abs(), into) {
        Ok(there) if there == length => SQLITE_OK,
        Ok(_) => SQLITE_IOERR_SHORT_READ,
        Err(_) => SQLITE_IOERR_READ,
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    length: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite's promise.
    let open = unsafe { opened(file) };
    let length = usize::try_from(length).unwrap_or(0);
    // SAFETY: SQLite's promise.
    let from = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), length) };
    match open.disk.write(open.inode, at.unsigned_abs(), from) {
        Ok(()) => SQLITE_OK,
        Err(Refused::Full) => SQLITE_FULL,
        Err(_) => SQLITE_IOERR_WRITE,
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    // SAFETY: SQLite's promise.
    let open = unsafe { opened(file) };
    open.disk.truncate(open.inode, size.unsigned_abs());
    SQLITE_OK
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite's promise.
    let open = unsafe { opened(file) };
    match open.disk.sync(open.inode) {
        Ok(()) => SQLITE_OK,
        Err(_) => SQLITE_IOERR_FSYNC,
    }
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    // SAFETY: SQLite's promise.
    let open = unsafe { opened(file) };
    let bytes = sqlite3_int64::try_from(open.disk.size(open.inode)).unwrap_or(i64::MAX);
    // SAFETY: SQLite's promise.
    unsafe { *size = bytes };
    SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite's promise.
    let open = unsafe { opened(file) };
    if open.disk.lock(open.inode, open.holder, level) {
        SQLITE_OK
    } else {
        SQLITE_BUSY
    }
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite's promise.
    let open = unsafe { opened(file) };
    open.disk.unlock(open.inode, open.holder, level);
    SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, reserved: *mut c_int) -> c_int {
    // SAFETY: SQLite's promise.
    let open = unsafe { opened(file) };
    let held = open.disk.reserved(open.inode);
    // SAFETY: SQLite's promise.
    unsafe { *reserved = c_int::from(held) };
    SQLITE_OK
}

unsafe extern "C" fn file_control(
    file: *mut sqlite3_file,
    operation: c_int,
    argument: *mut c_void,
) -> c_int {
    if operation == SQLITE_FCNTL_PRAGMA {
        // SAFETY: SQLite's promise: an array of three texts: the answer, the pragma's name, its value or null.
        unsafe { pragma(opened(file), argument.cast()) };
    }
    SQLITE_NOTFOUND // SQLite goes on as if nobody had listened
}

/// Changes the value of `pragma synchronous` where it lies, so that SQLite itself does the rest.
///
/// # Safety
///
/// `argument` is what `SQLITE_FCNTL_PRAGMA` brings along.
unsafe fn pragma(open: &Open, argument: *mut *mut c_char) {
    // SAFETY: the caller's promise.
    let (name, value) = unsafe { (*argument.add(1), *argument.add(2)) };
    if name.is_null() || value.is_null() {
        return;
    }
    // SAFETY: the caller's promise.
    let (name, asked) = unsafe { (CStr::from_ptr(name), CStr::from_ptr(value)) };
    if !name.to_bytes().eq_ignore_ascii_case(b"synchronous") {
        return;
    }
    let asked = asked.to_string_lossy().into_owned();
    if let Some(instead) = open.disk.instead_of(&asked)
        && instead.len() <= asked.len()
    {
        // SAFETY: SQLite copied the value for this one statement and reads it after this call; it has room for the shorter
        // one, the zero byte of which is written too. `asked` is a copy, nobody else holds the text.
        unsafe {
            ptr::copy_nonoverlapping(instead.as_ptr().cast(), value, instead.len());
            *value.add(instead.len()) = 0;
        }
    }
}

unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn device_characteristics(_: *mut sqlite3_file) -> c_int {
    // what the Unix files of SQLite say of an unknown disk
    SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SUBPAGE_READ
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    place: c_int,
    size: c_int,
    make: c_int,
    address: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite's promise.
    let open = unsafe { opened(file) };
    let (Ok(place), Ok(size)) = (usize::try_from(place), usize::try_from(size)) else {
        return SQLITE_IOERR_SHMMAP;
    };
    let region = open.disk.shared(open.inode, |shared| {
        shared.region(open.holder, place, size, make != 0)
    });
    // SAFETY: SQLite's promise.
    unsafe { *address = region.unwrap_or(ptr::null_mut()) };
    SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: SQLite's promise.
    let open = unsafe { opened(file) };
    let first = usize::try_from(first).unwrap_or(0);
    let slots = first..first + usize::try_from(count).unwrap_or(0);
    let done = open.disk.shared(open.inode, |shared| {
        if flags & SQLITE_SHM_UNLOCK != 0 {
            shared.unlock(open.holder, slots);
            return true;
        }
        shared.lock(open.holder, slots, flags & SQLITE_SHM_EXCLUSIVE != 0)
    });
    if done { SQLITE_OK } else { SQLITE_BUSY }
}

unsafe extern "C" fn shm_barrier(_: *mut sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite's promise; it uses none of the addresses afterwards.
    let open = unsafe { opened(file) };
    open.disk.leave_shared(open.inode, open.holder);
    SQLITE_OK
}

fn before() -> *mut sqlite3_vfs {
    BEFORE.load(Ordering::Acquire)
}

unsafe extern "C" fn randomness(_: *mut sqlite3_vfs, length: c_int, out: *mut c_char) -> c_int {
    let before = before();
    // SAFETY: the VFS before lives for ever and is asked what SQLite asked us.
    unsafe {
        (*before)
            .xRandomness
            .map_or(0, |ask| ask(before, length, out))
    }
}

unsafe extern "C" fn sleep(_: *mut sqlite3_vfs, microseconds: c_int) -> c_int {
    let before = before();
    // SAFETY: as above.
    unsafe { (*before).xSleep.map_or(0, |ask| ask(before, microseconds)) }
}

unsafe extern "C" fn current_time(_: *mut sqlite3_vfs, out: *mut f64) -> c_int {
    let before = before();
    // SAFETY: as above.
    unsafe {
        (*before)
            .xCurrentTime
            .map_or(SQLITE_ERROR, |ask| ask(before, out))
    }
}

unsafe extern "C" fn current_time_int64(_: *mut sqlite3_vfs, out: *mut sqlite3_int64) -> c_int {
    let before = before();
    // SAFETY: as above.
    unsafe {
        (*before)
            .xCurrentTimeInt64
            .map_or(SQLITE_ERROR, |ask| ask(before, out))
    }
}
