//! A small deterministic source of chance, so that one seed gives the same bytes everywhere.
//!
//! The generator is SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a counter that advances by the
//! golden ratio and is scrambled by two multiplications. Only integer arithmetic and additions of
//! floats are used, because logarithms and cosines differ between platforms in their last bit.

/// A stream of chance that belongs to one record.
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The stream with this number of this seed: neighbours have nothing in common.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self { state: seed ^ stream.wrapping_mul(0xD134_2543_DE82_EF95) };
        random.state = random.next() ^ stream;
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// An integer from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        let width = u64::from(high.abs_diff(low)) + 1;
        low + i32::try_from(self.next() % width).expect("the width of an i32 range fits")
    }

    /// A real number between `low` and `high`.
    pub(crate) fn real(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A bell-shaped number: the sum of twelve uniform ones has variance one and no far tails,
    /// which suits measurements of living people.
    pub(crate) fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let sum: f64 = (0..12).map(|_| self.unit()).sum();
        mean + deviation * (sum - 6.0)
    }

    /// True in this share of all cases.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of several, all equally likely. The slice must not be empty.
    pub(crate) fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[(self.next() % from.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_same_seed_and_stream_give_the_same_numbers() {
        let (mut one, mut two) = (Random::new(7, 3), Random::new(7, 3));
        assert!((0..100).all(|_| one.next() == two.next()));
        assert_ne!(Random::new(7, 4).next(), Random::new(7, 3).next());
    }

    #[test]
    fn bounds_are_included_and_kept() {
        let mut random = Random::new(1, 1);
        let drawn: Vec<i32> = (0..500).map(|_| random.between(-2, 2)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&-2), Some(&2)));
        assert!((0..500).all(|_| (4.0..16.0).contains(&random.normal(10.0, 1.0))));
    }
}
