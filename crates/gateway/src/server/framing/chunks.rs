//! The framing of a chunked body, byte by byte, as strict as hyper reads it or stricter.

use super::{End, Fault, Outcome, Phase, count_off, is_text};

/// A chunked body under way.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    step: ChunkStep,
    left: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ChunkStep {
    #[default]
    SizeStart,
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    Trailer,
    TrailerLf,
    EndLf,
    Complete,
}

impl Chunks {
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Outcome {
        let mut read = 0;
        while let Some(byte) = bytes.get(read) {
            if self.step == ChunkStep::Data {
                read += count_off(&mut self.left, bytes.len() - read);
                if self.left == 0 {
                    self.step = ChunkStep::DataCr;
                }
                continue;
            }
            match self.step(*byte) {
                Some(ChunkStep::Complete) => {
                    return Outcome { read: read + 1, end: End::Next(Phase::default()) };
                }
                Some(step) => self.step = step,
                None => return Outcome { read, end: End::Fault(Fault::ChunkMalformed) },
            }
            read += 1;
        }
        Outcome { read, end: End::More }
    }

    /// The step after this byte of framing, or none when it is malformed.
    fn step(&mut self, byte: u8) -> Option<ChunkStep> {
        match (self.step, byte) {
            (ChunkStep::SizeStart | ChunkStep::Size, _) if byte.is_ascii_hexdigit() => {
                let digit = char::from(byte).to_digit(16)?;
                self.left = self.left.checked_mul(16)?.checked_add(u64::from(digit))?;
                Some(ChunkStep::Size)
            }
            (ChunkStep::Size, b';') => Some(ChunkStep::Extension),
            (ChunkStep::Size | ChunkStep::Extension, b'\r') => Some(ChunkStep::SizeLf),
            (ChunkStep::Extension, _) if is_text(byte) => Some(ChunkStep::Extension),
            (ChunkStep::SizeLf, b'\n') if self.left == 0 => Some(ChunkStep::TrailerStart),
            (ChunkStep::SizeLf, b'\n') => Some(ChunkStep::Data),
            (ChunkStep::DataCr, b'\r') => Some(ChunkStep::DataLf),
            (ChunkStep::DataLf, b'\n') => Some(ChunkStep::SizeStart),
            (ChunkStep::TrailerStart, b'\r') => Some(ChunkStep::EndLf),
            (ChunkStep::Trailer, b'\r') => Some(ChunkStep::TrailerLf),
            (ChunkStep::TrailerStart | ChunkStep::Trailer, _) if is_text(byte) => {
                Some(ChunkStep::Trailer)
            }
            (ChunkStep::TrailerLf, b'\n') => Some(ChunkStep::TrailerStart),
            (ChunkStep::EndLf, b'\n') => Some(ChunkStep::Complete),
            _ => None,
        }
    }
}
