//! What a run does: how many kills, from which seed, and dice that fall the same way for the same seed.

use std::fmt;
use std::ops::RangeInclusive;

use uuid::Uuid;

const KILLS: usize = 100;

pub struct Plan {
    pub seed: u64,
    pub kills: usize,
}

impl Plan {
    pub fn from_environment() -> Self {
        let seed = variable("HELLER_KILL_SEED").unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
        Self { seed, kills: variable("HELLER_KILL_COUNT").unwrap_or(KILLS) }
    }

    pub fn is_long(&self) -> bool {
        self.kills >= KILLS
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HELLER_KILL_SEED={} HELLER_KILL_COUNT={}", self.seed, self.kills)
    }
}

fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is '{text}', which is no number")))
}

/// SplitMix64: good enough for moments, and the same on every machine.
pub struct Dice(u64);

impl Dice {
    /// Dice of their own for each purpose, so that one purpose's throws do not move another's.
    pub fn new(seed: u64, purpose: &str) -> Self {
        Self(purpose.bytes().fold(seed, |state, byte| state.rotate_left(8) ^ u64::from(byte)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn between(&mut self, range: RangeInclusive<u64>) -> u64 {
        range.start() + self.next() % (range.end() - range.start() + 1)
    }
}

#[test]
fn the_same_seed_throws_the_same() {
    let throws = |seed| {
        let mut dice = Dice::new(seed, "x");
        [(); 50].map(|()| dice.between(5..=400))
    };
    assert_eq!(throws(7), throws(7));
    assert_ne!(throws(7), throws(8));
    assert!(throws(7).iter().all(|throw| (5..=400).contains(throw)));
}
