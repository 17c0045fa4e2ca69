//! Code systems that are grammars or registries outside of the definitions: media types,
//! languages, currencies and units ([external code systems]).
//!
//! [external code systems]: https://hl7.org/fhir/R4/terminologies-systems.html

/// A code system that is decided here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// BCP 13: `application/fhir+json; charset=utf-8`.
    MediaType,
    /// BCP 47: `de-CH`.
    Language,
    /// ISO 4217: `EUR`.
    Currency,
    /// UCUM: `mmol/L`.
    Unit,
}

impl Vocabulary {
    /// The vocabulary that a value set consists of.
    pub(super) fn of(value_set: &str) -> Option<Self> {
        let url = value_set.split_once('|').map_or(value_set, |(url, _)| url);
        match url {
            "http://hl7.org/fhir/ValueSet/mimetypes"
            | "http://www.rfc-editor.org/bcp/bcp13.txt" => Some(Self::MediaType),
            "http://hl7.org/fhir/ValueSet/all-languages" => Some(Self::Language),
            "http://hl7.org/fhir/ValueSet/currencies" => Some(Self::Currency),
            "http://hl7.org/fhir/ValueSet/ucum-units" => Some(Self::Unit),
            _ => None,
        }
    }

    /// The `system` of its codings.
    pub(super) fn system(self) -> &'static str {
        match self {
            Self::MediaType => "urn:ietf:bcp:13",
            Self::Language => "urn:ietf:bcp:47",
            Self::Currency => "urn:iso:std:iso:4217",
            Self::Unit => "http://unitsofmeasure.org",
        }
    }

    /// Is it a code of this vocabulary?
    pub(super) fn has(self, code: &str) -> bool {
        match self {
            Self::MediaType => is_media_type(code),
            Self::Language => is_language(code),
            Self::Currency => is_currency(code),
            Self::Unit => octofhir_ucum::validate(code).is_ok(),
        }
    }

    /// What would be right.
    pub(super) fn form(self) -> &'static str {
        match self {
            Self::MediaType => "a media type (BCP 13) is type/subtype, as application/pdf",
            Self::Language => {
                "a language (BCP 47) is a language code, then script and region, as de-CH"
            }
            Self::Currency => "a currency (ISO 4217) is three capital letters, as EUR, USD, CHF",
            Self::Unit => "a unit of UCUM is a code, not a name, as mg, mmol/L, 10*9/L",
        }
    }
}

/// `type/subtype` with parameters. FHIR also names its own formats by a word alone.
fn is_media_type(code: &str) -> bool {
    if matches!(code, "xml" | "json" | "ttl") {
        return true;
    }
    let (name, parameters) = code.split_once(';').map_or((code, None), |(a, b)| (a, Some(b)));
    let Some((kind, subtype)) = name.trim_end().split_once('/') else { return false };
    is_token(kind) && is_token(subtype) && parameters.is_none_or(are_parameters)
}

/// Names follow the grammar; values are taken as they are, since formats are registered with values
/// that the grammar would want in quotes.
fn are_parameters(text: &str) -> bool {
    let mut rest = text;
    while let Some((name, value)) = rest.split_once('=') {
        let closed = value.strip_prefix('"').map(|quoted| quoted.find('"').map(|at| at + 2));
        let Some(start) = closed.unwrap_or(Some(0)) else { return false };
        let end = value[start..].find(';').map_or(value.len(), |at| start + at);
        if !is_token(name.trim_start()) || value[..end].trim().is_empty() {
            return false;
        }
        let Some(next) = value[end..].strip_prefix(';') else { return true };
        rest = next;
    }
    false
}

/// A token of RFC 2045; `*` alone is part of it, as servers' lists of formats have it.
fn is_token(text: &str) -> bool {
    let is_special = |byte: u8| b"()<>@,;:\\\"/[]?=".contains(&byte);
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !is_special(byte))
}

/// A well-formed tag of RFC 5646; whether its parts are registered is not known here.
fn is_language(code: &str) -> bool {
    let mut parts = code.split('-');
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let Some(primary) = parts.next() else { return false };
    let is_private = matches!(primary, "x" | "X" | "i" | "I");
    let is_primary =
        (2..=8).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
    let rest: &str = code.get(primary.len()..).unwrap_or("");
    // A single letter opens an extension and so never ends a tag.
    let is_open = rest.len() >= 2 && rest.as_bytes()[rest.len() - 2] == b'-';
    (is_primary || (is_private && !rest.is_empty())) && parts.all(is_part) && !is_open
}

/// The active codes of ISO 4217 with the funds and metals, and those that were in use since FHIR
/// began, as bills stay what they were.
const CURRENCIES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND \
    BOB BOV BRL BSD BTN BWP BYN BYR BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE \
    CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GGP GHS GIP GMD GNF GTQ GYD HKD HNL HRK \
    HTG HUF IDR ILS IMP INR IQD IRR ISK JEP JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK \
    LBP LKR LRD LSL LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MXV MYR MZN \
    NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG \
    SEK SGD SHP SLE SLL SOS SPL SRD SSP STD STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TVD TWD \
    TZS UAH UGX USD USN UYI UYU UYW UZS VEF VED VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD \
    XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG ZWL";

fn is_currency(code: &str) -> bool {
    code.len() == 3 && CURRENCIES.split(' ').any(|known| known == code)
}

#[cfg(test)]
mod tests {
    use super::Vocabulary;

    #[track_caller]
    fn check(vocabulary: Vocabulary, right: &[&str], wrong: &[&str]) {
        for code in right {
            assert!(vocabulary.has(code), "{code}");
        }
        for code in wrong {
            assert!(!vocabulary.has(code), "{code}");
        }
    }

    #[test]
    fn codes_follow_their_registry() {
        check(
            Vocabulary::MediaType,
            &["text/plain", "text/plain; charset=utf-8", "a/b;c=\"d;e\"; f=g", "*/*", "json"],
            &["text", "text/", "/plain", "text/plain;", "text/pl ain", "text/plain; charset"],
        );
        check(
            Vocabulary::Language,
            &["en", "de-CH", "zh-Hant-TW", "x-klingon", "i-navajo", "de-u-co-phonebk", "sgn-BE"],
            &["e", "en_US", "english-", "en-", "1", "en-toolongpart", "x", "de-u"],
        );
        check(Vocabulary::Currency, &["EUR", "XXX"], &["eur", "EURO", "ABC", "EU"]);
        check(Vocabulary::Unit, &["mg", "mmol/L", "10*9/L", "1"], &["milligram", "mg/"]);
    }
}
