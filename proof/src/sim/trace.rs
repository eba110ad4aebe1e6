//! What happened, as one number for comparing two runs, and in plain words for a person when something did not hold.

use super::street;

/// The story of one seed.
#[derive(Default)]
pub struct Trace {
    hash: u64,
    /// Kept only when somebody will read it.
    pub tale: Option<Vec<String>>,
}

impl Trace {
    pub fn new(telling: bool) -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            tale: telling.then(Vec::new),
        }
    }

    /// Mixes bytes into the number (FNV-1a).
    pub fn mix(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub fn mark(&mut self, now: i64, kind: u8, who: usize) {
        self.mix(&now.to_le_bytes());
        self.mix(&[kind, who as u8]);
    }

    pub fn tell(&mut self, now: i64, words: impl FnOnce() -> String) {
        if let Some(tale) = &mut self.tale {
            let clock = street::at(now).shanghai();
            tale.push(format!("{} {}", clock.format("%H:%M:%S%.3f"), words()));
        }
    }

    pub fn hash(&self) -> u64 {
        self.hash
    }
}
