//! Zip archives: their list of members, and a member's content (stored or deflated).

use super::limit::all_of;

/// A member as the archive's list has it.
pub(super) struct Member {
    pub(super) name: String,
    method: u16,
    flags: u16,
    crc: usize,
    packed: usize,
    offset: usize,
}

/// More members than any archive of readings has.
const MOST_MEMBERS: usize = 100_000;

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<usize> {
    let digits: [u8; N] = *bytes.get(at..)?.first_chunk::<N>()?;
    Some(digits.iter().rev().fold(0, |sum, digit| sum << 8 | usize::from(*digit)))
}

/// The members of an archive.
pub(super) fn members(bytes: &[u8]) -> Result<Vec<Member>, String> {
    let broken =
        || "cannot be read as a zip archive: its list of files is not there; is it whole?".to_owned();
    // The end of the list stands in the last 64 KiB, behind which only a comment may be.
    let from = bytes.len().saturating_sub(65_557);
    let tail = bytes.get(from..).unwrap_or(&[]);
    let end =
        tail.windows(4).rposition(|four| four == b"PK\x05\x06").map(|at| at + from).ok_or_else(broken)?;
    let count = number::<2>(bytes, end + 10).ok_or_else(broken)?;
    let mut at = number::<4>(bytes, end + 16).ok_or_else(broken)?;
    let mut found = Vec::new();
    for _ in 0..count.min(MOST_MEMBERS) {
        if bytes.get(at..at.saturating_add(4)) != Some(b"PK\x01\x02") {
            return Err(broken());
        }
        let field = |place: usize| number::<2>(bytes, at + place).ok_or_else(broken);
        let wide = |place: usize| number::<4>(bytes, at + place).ok_or_else(broken);
        let (name, extra, comment) = (field(28)?, field(30)?, field(32)?);
        let text = bytes.get(at + 46..at + 46 + name).ok_or_else(broken)?;
        let narrow = |value: usize| u16::try_from(value).map_err(|_| broken());
        found.push(Member {
            name: String::from_utf8_lossy(text).into_owned(),
            flags: narrow(field(8)?)?,
            method: narrow(field(10)?)?,
            crc: wide(16)?,
            packed: wide(20)?,
            offset: wide(42)?,
        });
        at += 46 + name + extra + comment;
    }
    Ok(found)
}

/// What is in a member.
pub(super) fn content(bytes: &[u8], member: &Member) -> Result<Vec<u8>, String> {
    let broken = || format!("cannot be read as a zip archive: {} is not in it; is it whole?", member.name);
    if member.flags & 1 != 0 {
        return Err("is a zip archive with a password; unpack it".to_owned());
    }
    if [member.packed, member.offset].contains(&0xffff_ffff) {
        return Err("is a zip archive of the large kind (ZIP64), which is not read; unpack it".to_owned());
    }
    let at = member.offset;
    if bytes.get(at..at.saturating_add(4)) != Some(b"PK\x03\x04") {
        return Err(broken());
    }
    let name = number::<2>(bytes, at + 26).ok_or_else(broken)?;
    let extra = number::<2>(bytes, at + 28).ok_or_else(broken)?;
    let from = at + 30 + name + extra;
    let packed = bytes.get(from..from.saturating_add(member.packed)).ok_or_else(broken)?;
    let unpacked = match member.method {
        0 => all_of(packed, "zip"),
        8 => all_of(flate2::read::DeflateDecoder::new(packed), "zip"),
        other => Err(format!("is a zip archive packed by method {other}, which is not read; unpack it")),
    }?;
    if crc32fast::hash(&unpacked) as usize != member.crc {
        return Err(format!("is a damaged zip archive: the checksum of {} is not its own", member.name));
    }
    Ok(unpacked)
}

/// The only file of an archive, those aside that archivers add for themselves.
pub(super) fn only_member(bytes: &[u8], members: &[Member]) -> Result<Vec<u8>, String> {
    let is_file =
        |name: &str| !name.ends_with('/') && !name.starts_with("__MACOSX/") && !name.ends_with(".DS_Store");
    let files: Vec<&Member> = members.iter().filter(|member| is_file(&member.name)).collect();
    match files.as_slice() {
        [] => Err("is a zip archive with no file in it".to_owned()),
        [only] => content(bytes, only),
        several => {
            let shown: Vec<&str> = several.iter().take(5).map(|member| member.name.as_str()).collect();
            let more = if several.len() > 5 { " …" } else { "" };
            Err(format!(
                "is a zip archive of {} files, and one is wanted: {}{more}; unpack it",
                several.len(),
                shown.join(", ")
            ))
        }
    }
}
