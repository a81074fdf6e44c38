//! What Azure leaves to chance, made repeatable: everything is derived from the seed and a name.

use std::time::Duration;

use uuid::Uuid;

/// The source of every identifier, signature and duration of one simulator.
#[derive(Clone, Copy)]
pub(super) struct Chance(Uuid);

impl Chance {
    /// The same seed gives the same run.
    pub(super) fn seeded(seed: u64) -> Self {
        Self(Uuid::new_v5(&Uuid::NAMESPACE_OID, &seed.to_be_bytes()))
    }

    /// An identifier for `what`.
    pub(super) fn id(self, what: &str) -> Uuid {
        Uuid::new_v5(&self.0, what.as_bytes())
    }

    /// A number from 0 up to, not including, 1 for `what`.
    pub(super) fn fraction(self, what: &str) -> f64 {
        let [a, b, c, d, ..] = *self.id(what).as_bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }

    /// A time between `least` and `most` seconds for `what`.
    pub(super) fn seconds(self, what: &str, least: f64, most: f64) -> Duration {
        Duration::from_secs_f64(least + (most - least) * self.fraction(what))
    }

    /// At least `length` characters of base64url, such as a signature or a certificate would have.
    pub(super) fn characters(self, what: &str, length: usize) -> String {
        use base64::Engine as _;
        let bytes: Vec<u8> = (0..length.div_ceil(21))
            .flat_map(|block| self.id(&format!("{what}/{block}")).into_bytes())
            .collect();
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    }
}
