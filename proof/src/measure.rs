//! Times of one act, done many times: what it costs at best, usually, and on a bad day.

use std::time::Instant;

/// Milliseconds, from the shortest to the longest.
pub struct Times(Vec<f64>);

impl Times {
    /// Does the act once and answers with its milliseconds and what it made.
    pub fn of<T>(act: impl FnOnce() -> T) -> (f64, T) {
        let begun = Instant::now();
        let made = act();
        (begun.elapsed().as_secs_f64() * 1_000.0, made)
    }

    /// Of at least one measurement.
    pub fn new(mut ms: Vec<f64>) -> Self {
        ms.sort_by(f64::total_cmp);
        Self(ms)
    }

    /// How many.
    pub fn n(&self) -> usize {
        self.0.len()
    }

    /// The shortest: what is left when nothing else happens on the machine.
    pub fn floor(&self) -> f64 {
        self.at(0.0)
    }

    /// Half of them took longer.
    pub fn median(&self) -> f64 {
        self.at(0.5)
    }

    /// One of ten took longer.
    pub fn p90(&self) -> f64 {
        self.at(0.9)
    }

    /// One of a hundred took longer.
    pub fn p99(&self) -> f64 {
        self.at(0.99)
    }

    /// The longest.
    pub fn worst(&self) -> f64 {
        self.at(1.0)
    }

    fn at(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let place = (last as f64 * share).round() as usize;
        self.0.get(place).copied().unwrap_or(f64::NAN)
    }
}
