//! What another process costs, as the kernel counts it.

use crate::process::Outcome;
use std::{fs, time::Duration};

/// CPU time of a process at one moment: of the threads that live, by name, to the nanosecond.
#[derive(Clone, Debug, Default)]
pub struct Spent {
    threads: Vec<(u32, String, u64)>,
    whole: Duration,
}

/// The kernel counts the whole process in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

impl Spent {
    /// So far.
    pub fn by(pid: u32) -> Outcome<Self> {
        let mut threads = Vec::new();
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let task = task?.path();
            // a thread may end between two looks
            let (Ok(name), Ok(times)) = (
                fs::read_to_string(task.join("comm")),
                fs::read_to_string(task.join("schedstat")),
            ) else {
                continue;
            };
            let id = task.file_name().and_then(|id| id.to_str()?.parse().ok());
            let on_cpu = times.split(' ').next().and_then(|ns| ns.parse().ok());
            threads.extend(
                id.zip(on_cpu)
                    .map(|(id, ns)| (id, name.trim().to_owned(), ns)),
            );
        }
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // the name in brackets may hold blanks; what follows it does not
        let after_name = stat
            .rsplit_once(')')
            .map(|(_, rest)| rest)
            .unwrap_or_default();
        let ticks: u32 = after_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|ticks| ticks.parse::<u32>().ok())
            .sum();
        Ok(Self {
            threads,
            whole: TICK * ticks,
        })
    }

    /// Since `before`. Where a thread ended in between, its share is only in the coarse count of the whole.
    pub fn since(&self, before: &Self) -> Duration {
        let fine = self.of_threads(before, |_| true);
        let coarse = self.whole.saturating_sub(before.whole);
        if coarse > fine + 3 * TICK {
            coarse
        } else {
            fine
        }
    }

    /// Since `before`, of the threads whose name fits.
    pub fn of_threads(&self, before: &Self, fits: impl Fn(&str) -> bool) -> Duration {
        let ns = self
            .threads
            .iter()
            .filter(|(_, name, _)| fits(name))
            .map(|(id, _, now)| {
                let then = before.threads.iter().find(|(known, ..)| known == id);
                now.saturating_sub(then.map_or(0, |(.., then)| *then))
            });
        Duration::from_nanos(ns.sum())
    }
}

/// The most memory it ever held, in MiB (VmHWM).
pub fn peak_mib(pid: u32) -> Outcome<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kib.ok_or("no VmHWM")? / 1024.0)
}

/// Its child processes.
pub fn children(pid: u32) -> Outcome<Vec<u32>> {
    let mut children = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let list = fs::read_to_string(task?.path().join("children")).unwrap_or_default();
        children.extend(
            list.split_whitespace()
                .filter_map(|id| id.parse::<u32>().ok()),
        );
    }
    Ok(children)
}

/// CPU time of the thread that asks.
pub fn this_thread() -> Outcome<Duration> {
    let times = fs::read_to_string("/proc/thread-self/schedstat")?;
    let on_cpu = times.split(' ').next().and_then(|ns| ns.parse().ok());
    Ok(Duration::from_nanos(on_cpu.ok_or("no schedstat")?))
}
