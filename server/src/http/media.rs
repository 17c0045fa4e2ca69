//! Media types: which representation an answer has, and what a body is ([content types]).
//!
//! [content types]: https://hl7.org/fhir/R4/http.html#mime-type

use fhir::{Kind, Outcome};

/// A representation of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    #[default]
    Json,
    Xml,
}

impl Form {
    /// The value of `Content-Type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Form::Json => "application/fhir+json; charset=utf-8; fhirVersion=4.0",
            Form::Xml => "application/fhir+xml; charset=utf-8; fhirVersion=4.0",
        }
    }
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyType {
    FhirJson,
    /// `application/json`: FHIR, or a JSON Patch.
    Json,
    FhirXml,
    Xml,
    JsonPatch,
    UrlEncoded,
    Other,
}

/// A media type with its parameters: an element of `Accept`, or a `Content-Type`.
#[derive(Debug, PartialEq, Eq)]
struct MediaType {
    /// In lower case: `application/fhir+json`.
    name: String,
    /// Quality in thousandths.
    quality: u16,
    fhir_version: Option<String>,
    charset: Option<String>,
}

impl MediaType {
    fn parse(text: &str) -> Self {
        let mut parts = text.split(';');
        let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut found = Self { name, quality: 1000, fhir_version: None, charset: None };
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim().trim_matches('"');
            match key.trim().to_ascii_lowercase().as_str() {
                "q" => found.quality = quality(value),
                "fhirversion" => found.fhir_version = Some(value.to_owned()),
                "charset" => found.charset = Some(value.to_ascii_lowercase()),
                _ => {}
            }
        }
        found
    }

    fn is_r4(&self) -> bool {
        self.fhir_version.as_deref().is_none_or(|version| matches!(version, "4.0" | "4.0.1"))
    }

    fn body_type(&self) -> BodyType {
        match self.name.as_str() {
            "application/fhir+json" | "application/json+fhir" => BodyType::FhirJson,
            "application/json" | "text/json" => BodyType::Json,
            "application/fhir+xml" | "application/xml+fhir" => BodyType::FhirXml,
            "application/xml" | "text/xml" => BodyType::Xml,
            "application/json-patch+json" => BodyType::JsonPatch,
            "application/x-www-form-urlencoded" => BodyType::UrlEncoded,
            _ => BodyType::Other,
        }
    }

    fn form(&self) -> Option<Form> {
        match self.body_type() {
            BodyType::FhirJson | BodyType::Json => Some(Form::Json),
            BodyType::FhirXml | BodyType::Xml => Some(Form::Xml),
            _ => None,
        }
    }

    /// How closely the range names this form; `None` when it does not.
    fn closeness(&self, form: Form) -> Option<u8> {
        if !self.is_r4() {
            return None;
        }
        match self.name.as_str() {
            "*/*" | "*" => Some(0),
            "application/*" => Some(1),
            _ => (self.form() == Some(form)).then_some(2),
        }
    }
}

/// A quality as `Accept` writes it, in thousandths; what is none counts as 1.
fn quality(text: &str) -> u16 {
    let value: f32 = text.parse().unwrap_or(1.0);
    if !value.is_finite() {
        return 1000;
    }
    // Between 0 and 1000 by the clamp, so the cast is exact enough and cannot wrap.
    (value.clamp(0.0, 1.0) * 1000.0).round() as u16
}

fn ranges(accept: &str) -> Vec<MediaType> {
    accept.split(',').filter(|part| !part.trim().is_empty()).map(MediaType::parse).collect()
}

/// The representation of the answer: `_format` wins over `Accept`.
pub(crate) fn negotiate(accept: Option<&str>, format: Option<&str>) -> Result<Form, Outcome> {
    if let Some(format) = format.filter(|text| !text.is_empty()) {
        return of_format(format);
    }
    let ranges = ranges(accept.unwrap_or("*/*"));
    if ranges.is_empty() {
        return Ok(Form::Json);
    }
    best(&ranges).ok_or_else(|| not_acceptable("Accept"))
}

fn of_format(format: &str) -> Result<Form, Outcome> {
    // A plus sign that was not escaped in the address has become a space.
    let (name, parameters) = format.split_once(';').unwrap_or((format, ""));
    let wanted = MediaType::parse(&format!("{};{parameters}", name.trim().replace(' ', "+")));
    let form = match wanted.name.as_str() {
        "json" => Some(Form::Json),
        "xml" => Some(Form::Xml),
        _ => wanted.form(),
    };
    form.filter(|_| wanted.is_r4()).ok_or_else(|| not_acceptable("_format"))
}

fn best(ranges: &[MediaType]) -> Option<Form> {
    // A browser asks for XML before everything else only because it asks for pages: its people
    // are better served with JSON, which it shows well.
    let is_browser = ranges.iter().any(|range| range.name == "text/html");
    let judged = [Form::Json, Form::Xml].into_iter().filter_map(|form| {
        let fits = ranges.iter().enumerate().filter_map(|(place, range)| {
            let is_page = is_browser && range.body_type() == BodyType::Xml;
            let closeness = range.closeness(form).filter(|_| !is_page)?;
            Some((closeness, range.quality, place))
        });
        let (_, quality, place) = fits.max_by_key(|(closeness, ..)| *closeness)?;
        (quality > 0).then_some((quality, place, form))
    });
    // Of equal qualities the one named first; JSON where one range names both.
    judged
        .min_by_key(|(quality, place, _)| (std::cmp::Reverse(*quality), *place))
        .map(|(.., form)| form)
}

fn not_acceptable(place: &str) -> Outcome {
    Outcome::new(
        Kind::NotAcceptable,
        format!(
            "{place} asks for no representation that this server has: application/fhir+json \
             (_format=json) and application/fhir+xml (_format=xml), fhirVersion=4.0."
        ),
    )
    .at(place)
}

/// Does the client ask for a Binary's [native content] of this type? It gets FHIR only where it
/// names FHIR.
///
/// [native content]: https://hl7.org/fhir/R4/binary.html#rest
pub(crate) fn is_native_wanted(accept: &str, content_type: &str) -> Result<bool, Outcome> {
    let ranges = ranges(accept);
    let content = MediaType::parse(content_type).name;
    let is_fhir = |range: &MediaType| range.form().is_some() || range.name == "application/*";
    let names = |range: &&MediaType| range.quality > 0 && range.name == content;
    if ranges.is_empty() || ranges.iter().any(|range| names(&range)) {
        return Ok(true);
    }
    if ranges.iter().any(|range| is_fhir(range) && range.quality > 0) {
        return Ok(false);
    }
    let main = content.split('/').next().unwrap_or_default();
    let is_covered = |range: &MediaType| {
        matches!(range.name.as_str(), "*/*" | "*") || range.name == format!("{main}/*")
    };
    if ranges.iter().any(|range| is_covered(range) && range.quality > 0) {
        return Ok(true);
    }
    Err(Outcome::new(
        Kind::NotAcceptable,
        "Accept asks for no type that this Binary has: its own contentType, application/fhir+json \
         and application/fhir+xml.",
    )
    .at("Accept"))
}

/// What a body is by its `Content-Type`.
pub(crate) fn body_type(content_type: &str) -> Result<BodyType, Outcome> {
    let media = MediaType::parse(content_type);
    let found = media.body_type();
    if found == BodyType::Other {
        return Ok(found);
    }
    if let Some(charset) = media.charset.as_deref().filter(|c| !matches!(*c, "utf-8" | "utf8")) {
        return Err(Outcome::new(
            Kind::MediaType,
            format!("The body is said to be in {charset:?}: FHIR is written in UTF-8."),
        )
        .at("Content-Type"));
    }
    if !media.is_r4() {
        return Err(Outcome::new(
            Kind::MediaType,
            "The body is of another version of FHIR: this server speaks R4, fhirVersion=4.0.",
        )
        .at("Content-Type"));
    }
    Ok(found)
}

#[cfg(test)]
#[path = "media_tests.rs"]
mod tests;
