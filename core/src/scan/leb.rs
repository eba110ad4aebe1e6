//! The two integers that every Automerge chunk is made of, read so that each value has exactly one spelling.

use super::ScanError;

/// A place in borrowed bytes; reading moves it forward and never past the end.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Everything that has not been read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn byte(&mut self) -> Result<u8, ScanError> {
        let (&first, rest) = self.bytes.split_first().ok_or(ScanError::Truncated)?;
        self.bytes = rest;
        Ok(first)
    }

    /// The next `count` bytes. The count comes from a stranger: it is compared with what is there before it is used.
    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8], ScanError> {
        let count = usize::try_from(count).map_err(|_| ScanError::Truncated)?;
        let (taken, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or(ScanError::Truncated)?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], ScanError> {
        let (taken, rest) = self
            .bytes
            .split_first_chunk::<N>()
            .ok_or(ScanError::Truncated)?;
        self.bytes = rest;
        Ok(*taken)
    }

    /// An unsigned LEB128 in its shortest spelling.
    pub(super) fn unsigned(&mut self) -> Result<u64, ScanError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte holds only the topmost bit of 64.
            if shift == 63 && bits > 1 {
                return Err(ScanError::Malformed("integer beyond 64 bits"));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    return Err(ScanError::Malformed("integer not in shortest form"));
                }
                return Ok(value);
            }
        }
        Err(ScanError::Malformed("integer beyond 64 bits"))
    }

    /// A signed LEB128 in its shortest spelling.
    pub(super) fn signed(&mut self) -> Result<i64, ScanError> {
        let mut value = 0i64;
        let mut previous = 0u8;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let last = byte & 0x80 == 0;
            // The tenth byte may only repeat the sign.
            if shift == 63 && !(last && (byte == 0 || byte == 0x7f)) {
                return Err(ScanError::Malformed("integer beyond 64 bits"));
            }
            value |= i64::from(byte & 0x7f) << shift;
            if last {
                let repeats_sign =
                    (byte == 0 && previous & 0x40 == 0) || (byte == 0x7f && previous & 0x40 != 0);
                if shift > 0 && repeats_sign {
                    return Err(ScanError::Malformed("integer not in shortest form"));
                }
                if shift < 57 && byte & 0x40 != 0 {
                    value |= -1i64 << (shift + 7);
                }
                return Ok(value);
            }
            previous = byte;
        }
        Err(ScanError::Malformed("integer beyond 64 bits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spell_unsigned(mut value: u64) -> Vec<u8> {
        let mut out = Vec::new();
        loop {
            let byte = (value & 0x7f) as u8;
            value >>= 7;
            if value == 0 {
                out.push(byte);
                return out;
            }
            out.push(byte | 0x80);
        }
    }

    fn spell_signed(mut value: i64) -> Vec<u8> {
        let mut out = Vec::new();
        loop {
            let byte = (value & 0x7f) as u8;
            value >>= 7;
            if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
                out.push(byte);
                return out;
            }
            out.push(byte | 0x80);
        }
    }

    proptest! {
        #[test]
        fn every_integer_reads_back_from_its_shortest_spelling(u: u64, i: i64, shift in 0u32..64) {
            for u in [u, u >> shift, u64::MAX] {
                prop_assert_eq!(Reader::new(&spell_unsigned(u)).unsigned(), Ok(u));
            }
            for i in [i, i >> shift, i64::MIN, i64::MAX] {
                prop_assert_eq!(Reader::new(&spell_signed(i)).signed(), Ok(i));
            }
        }

        #[test]
        fn bytes_that_read_as_an_integer_are_its_only_spelling(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let mut reader = Reader::new(&bytes);
            if let Ok(value) = reader.unsigned() {
                prop_assert_eq!(&bytes[..bytes.len() - reader.rest().len()], &spell_unsigned(value)[..]);
            }
            let mut reader = Reader::new(&bytes);
            if let Ok(value) = reader.signed() {
                prop_assert_eq!(&bytes[..bytes.len() - reader.rest().len()], &spell_signed(value)[..]);
            }
        }
    }

    #[test]
    fn a_padded_integer_is_refused() {
        assert!(Reader::new(&[0x81, 0x00]).unsigned().is_err());
        assert!(Reader::new(&[0xff, 0x7f]).signed().is_err());
        assert!(Reader::new(&[0x80; 11]).unsigned().is_err());
        assert!(Reader::new(&[0x80]).signed().is_err());
    }
}
