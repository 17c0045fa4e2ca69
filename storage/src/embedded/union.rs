//! Several rising streams of docids as one.

use super::merge::Docids;
use crate::StoreError;

/// Streams, each with the docid that it gives next.
pub(super) struct Union<'a>(Vec<(u32, Docids<'a>)>);

impl<'a> Union<'a> {
    /// All that any of these has.
    pub(super) fn of(streams: Vec<Docids<'a>>) -> Result<Self, StoreError> {
        let mut heads = Vec::with_capacity(streams.len());
        for mut stream in streams {
            if let Some(docid) = stream.next()? {
                heads.push((docid, stream));
            }
        }
        Ok(Self(heads))
    }

    /// The next docid: each once.
    pub(super) fn next(&mut self) -> Result<Option<u32>, StoreError> {
        let Some(least) = self.0.iter().map(|(docid, _)| *docid).min() else { return Ok(None) };
        let mut at = 0;
        while let Some((docid, stream)) = self.0.get_mut(at) {
            if *docid > least {
                at += 1;
                continue;
            }
            match stream.next()? {
                Some(next) => *docid = next,
                None => drop(self.0.swap_remove(at)),
            }
        }
        Ok(Some(least))
    }
}

#[cfg(test)]
mod tests {
    use super::Union;
    use crate::embedded::merge::Docids;

    #[track_caller]
    fn check(streams: &[&[u32]], expected: &[u32]) {
        let streams = streams.iter().map(|docids| Docids::List(Vec::from(*docids).into_iter()));
        let mut union = Union::of(streams.collect()).expect("streams");
        let mut found = Vec::new();
        while let Some(docid) = union.next().expect("a docid") {
            found.push(docid);
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn a_union_rises_and_has_each_docid_once() {
        check(&[&[1, 3, 5], &[], &[2, 3, 9], &[3]], &[1, 2, 3, 5, 9]);
        check(&[&[7], &[7], &[7]], &[7]);
        check(&[], &[]);
    }
}
