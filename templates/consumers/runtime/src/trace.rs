//! The trace that a change belongs to, and points in time on the wire.

use prost_types::Timestamp;

/// Microseconds of a second.
const MICROS: i64 = 1_000_000;
/// Nanoseconds of a microsecond.
const NANOS: i32 = 1_000;

/// A trace, as in W3C Trace Context. The default is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The header `traceparent`; empty where there is no trace.
    pub traceparent: String,
    /// The header `tracestate`; empty where it is not set.
    pub tracestate: String,
}

/// A point in time on the wire, from microseconds since 1970.
pub fn timestamp(micros: i64) -> Timestamp {
    let nanos = i32::try_from(micros.rem_euclid(MICROS)).unwrap_or_default() * NANOS;
    Timestamp { seconds: micros.div_euclid(MICROS), nanos }
}

/// Microseconds since 1970. What is finer is cut off; what is too far away is as far as possible.
pub fn micros(timestamp: &Timestamp) -> i64 {
    timestamp.seconds.saturating_mul(MICROS).saturating_add(i64::from(timestamp.nanos / NANOS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_come_back() {
        for time in [0, 1, -1, 999_999, 1_000_000, -1_000_001, 1_763_752_000_123_456] {
            assert_eq!(micros(&timestamp(time)), time);
        }
        assert_eq!(timestamp(-1), Timestamp { seconds: -1, nanos: 999_999_000 });
    }
}
