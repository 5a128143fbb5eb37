//! Arrow files (Feather), plain or compressed, as CSV. What a file claims of its sizes is held against the file and the limit before the
//! library makes room for it.

use super::columns::{as_csv, first_line, guarded};
use super::limit::MOST;
use arrow_buffer::Buffer;
use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::{Block, CompressionType, root_as_footer, root_as_message};
use arrow_schema::ArrowError;
use std::io::{Read as _, copy, sink};
use std::sync::Arc;

pub(super) fn from_arrow(bytes: Vec<u8>) -> Result<String, String> {
    guarded("an Arrow file", || {
        let file = Buffer::from_vec(bytes);
        let (rest, tail) = file.as_slice().split_last_chunk::<10>().ok_or_else(claimed)?;
        let length = read_footer_length(*tail).map_err(|error| broken(&error))?;
        let footer =
            rest.len().checked_sub(length).and_then(|start| rest.get(start..)).ok_or_else(claimed)?;
        let footer = root_as_footer(footer).map_err(|error| {
            format!("cannot be read as an Arrow file: {}; is it whole?", first_line(&error))
        })?;
        let schema = footer.schema().ok_or_else(claimed)?;
        if !schema.endianness().equals_to_target_endianness() {
            return Err("is an Arrow file of a machine of the other byte order, which is not read".to_owned());
        }
        let mut decoder = FileDecoder::new(Arc::new(fb_to_schema(schema)), footer.version());
        let mut left = MOST;
        for block in footer.dictionaries().into_iter().flatten() {
            let part = part(&file, block, &mut left)?;
            decoder.read_dictionary(block, &part).map_err(|error| broken(&error))?;
        }
        let blocks = footer.recordBatches().into_iter().flatten();
        as_csv(blocks.filter_map(|block| match part(&file, block, &mut left) {
            Ok(part) => decoder.read_record_batch(block, &part).map_err(|error| broken(&error)).transpose(),
            Err(error) => Some(Err(error)),
        }))
    })
}

fn broken(error: &ArrowError) -> String {
    format!("cannot be read as an Arrow file: {}; is it whole?", first_line(error))
}

fn claimed() -> String {
    "cannot be read as an Arrow file: it claims more than it holds; is it whole?".to_owned()
}

/// The bytes of a block, which lie in the file and expand to no more than is `left`.
fn part(file: &Buffer, block: &Block, left: &mut u64) -> Result<Buffer, String> {
    let length = |length: i64| usize::try_from(length).map_err(|_| claimed());
    let (start, head) = (length(block.offset())?, length(block.metaDataLength().into())?);
    let length = length(block.bodyLength())?.checked_add(head).ok_or_else(claimed)?;
    start.checked_add(length).filter(|end| *end <= file.len()).ok_or_else(claimed)?;
    let part = file.slice_with_length(start, length);
    let (head, body) = part.as_slice().split_at_checked(head).ok_or_else(claimed)?;
    *left = left
        .checked_sub(expanded(head, body)?)
        .ok_or_else(|| format!("is an Arrow file that expands to more than {} MiB", MOST >> 20))?;
    Ok(part)
}

/// How many bytes the compressed buffers of a block's body expand to: as many as each of them says, or an error.
fn expanded(head: &[u8], body: &[u8]) -> Result<u64, String> {
    // A length stands before the message, since version 0.15 with four bytes of ones before it.
    let skipped = if head.starts_with(&[0xff; 4]) { 8 } else { 4 };
    let message =
        head.get(skipped..).and_then(|message| root_as_message(message).ok()).ok_or_else(claimed)?;
    let batch = message
        .header_as_record_batch()
        .or_else(|| message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()));
    let Some((batch, compression)) = batch.and_then(|batch| Some((batch, batch.compression()?))) else {
        return Ok(0);
    };
    let mut sum = 0_u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let start = usize::try_from(buffer.offset()).map_err(|_| claimed())?;
        let length = usize::try_from(buffer.length()).map_err(|_| claimed())?;
        let packed = body.get(start..).and_then(|rest| rest.get(..length)).ok_or_else(claimed)?;
        // The length when unpacked stands before what is packed; -1 where nothing is.
        let Some((says, packed)) = packed.split_first_chunk::<8>() else { continue };
        let Ok(says) = u64::try_from(i64::from_le_bytes(*says)) else { continue };
        sum = sum.saturating_add(says);
        // The library unpacks this kind to its end, whatever was said.
        if says <= MOST && compression.codec() == CompressionType::LZ4_FRAME {
            let mut unpacked = lz4_flex::frame::FrameDecoder::new(packed).take(says.saturating_add(1));
            let length = copy(&mut unpacked, &mut sink()).map_err(|error| {
                format!("cannot be read as an Arrow file: {}; is it whole?", first_line(&error))
            })?;
            if says > 0 && length != says {
                return Err(claimed());
            }
        }
    }
    Ok(sum)
}
