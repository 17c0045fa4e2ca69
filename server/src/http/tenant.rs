//! Which tenant a path is about: `/{tenant}/fhir/…`, for the default one also `/fhir/…`.

/// The base that a path is under.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Base<'a> {
    /// `/fhir`
    Short,
    /// `/{tenant}/fhir`
    Long(&'a str),
}

/// The base and the path under it, without a slash at its beginning; `None` for what is under none.
pub(crate) fn split(path: &str) -> Option<(Base<'_>, &str)> {
    let path = path.strip_prefix('/')?;
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    if first == "fhir" {
        return Some((Base::Short, rest));
    }
    let (second, rest) = rest.split_once('/').unwrap_or((rest, ""));
    (second == "fhir").then_some((Base::Long(first), rest))
}

#[cfg(test)]
mod tests {
    use super::{Base, split};

    #[test]
    fn a_base_is_short_or_names_its_tenant() {
        assert_eq!(split("/fhir"), Some((Base::Short, "")));
        assert_eq!(split("/fhir/Patient/a"), Some((Base::Short, "Patient/a")));
        assert_eq!(split("/north/fhir/Patient"), Some((Base::Long("north"), "Patient")));
        assert_eq!(split("/north/fhir"), Some((Base::Long("north"), "")));
        for path in ["/", "/north", "/north/other", "/a/b/fhir", "//fhir2"] {
            assert_eq!(split(path), None, "{path}");
        }
    }
}
