//! What the stems of index keys are made of: the parameter, the family of the value, and the value
//! itself as [`super::encode`] has it.

/// The families of keys in `index`: each value of an entry leads to one key; a token with a system,
/// a range and a long period to two.
pub(crate) mod family {
    /// A number: low, and high where it is a range.
    pub(crate) const NUMBER: u8 = 0x10;
    /// A number that is a range: high, low.
    pub(crate) const NUMBER_HIGH: u8 = 0x11;
    /// A quantity: unit, low, and high where it is a range.
    pub(crate) const QUANTITY: u8 = 0x20;
    /// A quantity that is a range: unit, high, low.
    pub(crate) const QUANTITY_HIGH: u8 = 0x21;
    /// A token: code, system.
    pub(crate) const TOKEN: u8 = 0x30;
    /// A token's system alone, where it has one.
    pub(crate) const TOKEN_SYSTEM: u8 = 0x31;
    /// A token's code alone, where the token has a system; in MongoDB.
    pub(crate) const CODE: u8 = 0x32;
    /// A date: low bound, span.
    pub(crate) const DATE: u8 = 0x40;
    /// A date that spans more than a day: high bound, low bound.
    pub(crate) const DATE_HIGH: u8 = 0x41;
    /// Text: folded, hash of the exact text.
    pub(crate) const STRING: u8 = 0x50;
    /// A reference to a resource of this server: id, type, version.
    pub(crate) const LOCAL: u8 = 0x60;
    /// A reference by URL: URL, version.
    pub(crate) const URL: u8 = 0x61;
    /// A reference by identifier: code, system.
    pub(crate) const IDENTIFIER: u8 = 0x62;
    /// The system of a reference by identifier, where it has one.
    pub(crate) const IDENTIFIER_SYSTEM: u8 = 0x63;
    /// A URI.
    pub(crate) const URI: u8 = 0x70;
    /// A position: latitude, longitude.
    pub(crate) const POSITION: u8 = 0x71;
    /// A composite: its components one after another, each with its own family.
    pub(crate) const COMPOSITE: u8 = 0x80;
    /// A combination of values of several parameters: see `hot.rs`.
    pub(crate) const HOT: u8 = 0x90;
}

/// Length of what every key in `index` starts with: parameter and family.
pub(crate) const INDEX_HEAD: usize = 3;
/// What the keys in `index` of a parameter's family start with.
pub(crate) fn index_head(param: u16, family: u8) -> [u8; INDEX_HEAD] {
    let param = param.to_be_bytes();
    [param[0], param[1], family]
}

/// The first key after all keys that start with `prefix`; `None` when there can be none.
pub(crate) fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xFF)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::successor;

    #[test]
    fn the_successor_of_a_prefix_is_behind_all_keys_with_it() {
        assert_eq!(successor(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(successor(&[1, 0xFF, 0xFF]), Some(vec![2]));
        assert_eq!(successor(&[0xFF]), None);
    }
}
