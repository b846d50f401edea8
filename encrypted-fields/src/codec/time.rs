//! Dates and times, to the nanosecond: nothing is cut off, whatever the database's own type would keep.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use diesel::sql_types::{Date, Time, Timestamp};

use super::{DecodePlain, EncodePlain, fixed, tag, unreadable, unsealable};
use crate::error::{OpenReason, SealReason};
use crate::sql_types::Timestamptz;

const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).expect("a date");

/// Days since 1970-01-01.
pub(crate) fn days(date: NaiveDate) -> i32 {
    i32::try_from(date.signed_duration_since(EPOCH).num_days()).expect("chrono's dates span 2^28 days")
}

impl EncodePlain<Date> for NaiveDate {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        out.push(tag::DATE);
        out.extend_from_slice(&days(*self).to_be_bytes());
        Ok(())
    }

    fn size_hint(&self) -> usize {
        5
    }
}

impl DecodePlain<Date> for NaiveDate {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        let days = i32::from_be_bytes(fixed(bytes, tag::DATE, "a date")?);
        EPOCH.checked_add_signed(TimeDelta::days(days.into())).ok_or(unreadable("the date is out of chrono's range"))
    }
}

impl EncodePlain<Time> for NaiveTime {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        out.push(tag::TIME);
        out.extend_from_slice(&self.num_seconds_from_midnight().to_be_bytes());
        out.extend_from_slice(&self.nanosecond().to_be_bytes());
        Ok(())
    }

    fn size_hint(&self) -> usize {
        9
    }
}

impl DecodePlain<Time> for NaiveTime {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        let payload = u64::from_be_bytes(fixed(bytes, tag::TIME, "a time")?);
        let (seconds, nanos) = ((payload >> 32) as u32, payload as u32);
        Self::from_num_seconds_from_midnight_opt(seconds, 0)
            .and_then(|time| time.with_nanosecond(nanos))
            .ok_or(unreadable("not a time of day"))
    }
}

/// `seconds i64 | nanosecond u32`; within a leap second the nanoseconds are 1,000,000,000 and more, as in chrono, which
/// takes one after any second: so decoding sets them apart, where `from_timestamp` takes one after :59 only.
fn encode_instant(tag: u8, value: NaiveDateTime, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&value.and_utc().timestamp().to_be_bytes());
    out.extend_from_slice(&value.nanosecond().to_be_bytes());
}

fn decode_instant(bytes: &[u8], tag: u8, expected: &'static str) -> Result<NaiveDateTime, OpenReason> {
    let payload: [u8; 12] = fixed(bytes, tag, expected)?;
    let (seconds, nanos) = payload.split_at(8);
    let seconds = i64::from_be_bytes(seconds.try_into().expect("split at 8"));
    let nanos = u32::from_be_bytes(nanos.try_into().expect("12 - 8 bytes"));
    DateTime::from_timestamp(seconds, 0)
        .and_then(|instant| instant.naive_utc().with_nanosecond(nanos))
        .ok_or(unreadable("the timestamp is out of chrono's range"))
}

impl EncodePlain<Timestamp> for NaiveDateTime {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        encode_instant(tag::TIMESTAMP, *self, out);
        Ok(())
    }

    fn size_hint(&self) -> usize {
        13
    }
}

impl DecodePlain<Timestamp> for NaiveDateTime {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        decode_instant(bytes, tag::TIMESTAMP, "a timestamp")
    }
}

impl EncodePlain<Timestamptz> for NaiveDateTime {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        encode_instant(tag::TIMESTAMPTZ, *self, out);
        Ok(())
    }

    fn size_hint(&self) -> usize {
        13
    }
}

impl DecodePlain<Timestamptz> for NaiveDateTime {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        decode_instant(bytes, tag::TIMESTAMPTZ, "a timestamp with time zone")
    }
}

impl<Tz: TimeZone> EncodePlain<Timestamptz> for DateTime<Tz> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        encode_instant(tag::TIMESTAMPTZ, self.naive_utc(), out);
        Ok(())
    }

    fn size_hint(&self) -> usize {
        13
    }
}

impl DecodePlain<Timestamptz> for DateTime<Utc> {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        decode_instant(bytes, tag::TIMESTAMPTZ, "a timestamp with time zone").map(|instant| instant.and_utc())
    }
}

/// Microseconds since 1970-01-01T00:00:00, the finest that a database keeps for a bound column.
pub(crate) fn micros(value: NaiveDateTime) -> Result<i64, SealReason> {
    let finer = unsealable("a bound timestamp finer than a microsecond would not come back as it is; round it first");
    if value.nanosecond().is_multiple_of(1000) && value.nanosecond() < 1_000_000_000 {
        Ok(value.and_utc().timestamp_micros())
    } else {
        Err(finer)
    }
}
