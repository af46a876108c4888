//! The memory of a running process, as a core dump would hold it: its writable mappings. Whoever
//! reads it must be allowed to trace the process.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

const PART_BYTES: usize = 1 << 20;
const PAGE_BYTES: usize = 4096;

/// Shows all of it that is not zero, in parts that overlap by `overlap` bytes.
pub fn read_writable(pid: u32, overlap: usize, mut see: impl FnMut(&[u8])) -> io::Result<()> {
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    for line in fs::read_to_string(format!("/proc/{pid}/maps"))?.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (Some(range), Some(rights)) = (words.first(), words.get(1)) else { continue };
        let Some((first, end)) = range.split_once('-') else { continue };
        if !rights.starts_with("rw") {
            continue;
        }
        let bound = |text| u64::from_str_radix(text, 16).map_err(io::Error::other);
        let (first, end) = (bound(first)?, bound(end)?);
        let mut carried: Vec<u8> = Vec::new();
        for at in (first..end).step_by(PART_BYTES) {
            let length = usize::try_from(end - at).unwrap_or(PART_BYTES).min(PART_BYTES);
            let mut part = vec![0; length];
            // What was unmapped meanwhile, and the kernel's own pages, cannot be read.
            let count = memory.read_at(&mut part, at).unwrap_or(0);
            part.truncate(count);
            let bytes = [carried, without_zero_ends(&part).to_vec()].concat();
            if !bytes.is_empty() {
                see(&bytes);
            }
            carried = part[part.len().saturating_sub(overlap)..].to_vec();
            if carried.iter().all(|byte| *byte == 0) {
                carried.clear();
            }
        }
    }
    Ok(())
}

/// Most of what an allocator maps was never used.
fn without_zero_ends(part: &[u8]) -> &[u8] {
    let is_used = |page: &&[u8]| **page != [0; PAGE_BYTES][..page.len()];
    let pages: Vec<&[u8]> = part.chunks(PAGE_BYTES).collect();
    let Some(first) = pages.iter().position(is_used) else { return &[] };
    let last = pages.iter().rposition(is_used).unwrap_or(first);
    &part[first * PAGE_BYTES..part.len().min((last + 1) * PAGE_BYTES)]
}
