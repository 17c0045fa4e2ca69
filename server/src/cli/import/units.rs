//! Files as units: a whole document, or a line of NDJSON.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::sources::{Form, Inside, Packing, Source, form, is_first, packing};

/// Longest document or line, unpacked, in bytes.
const UNIT_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Most entries of an archive.
const ENTRIES_MAX: usize = 1_000_000;

const BUFFER_BYTES: usize = 256 * 1024;

/// What is loaded as one.
#[derive(Debug)]
pub(crate) struct Unit {
    /// Index of the source.
    pub(crate) source: usize,
    /// Number within the source, from 0, the same in every run.
    pub(crate) number: u64,
    /// File, or `archive!entry`.
    pub(crate) name: Arc<str>,
    /// Line in a file of lines, from 1.
    pub(crate) line: Option<u64>,
    pub(crate) form: Form,
    pub(crate) text: Vec<u8>,
}

/// Which files of a source are read now: those that others refer to, or the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    First,
    Rest,
}

/// Reads one source's files of a pass.
pub(crate) struct Reading<'a> {
    pub(crate) index: usize,
    pub(crate) source: &'a Source,
    pub(crate) pass: Pass,
    /// Units read in an earlier pass.
    pub(crate) number: u64,
    /// Units with a lower number have been loaded in an earlier run.
    pub(crate) skip: u64,
    /// Bytes read so far, of all sources, as they lie on the disk.
    pub(crate) bytes_read: &'a AtomicU64,
    /// Takes the units; false to stop.
    pub(crate) give: &'a mut dyn FnMut(Unit) -> bool,
}

impl Reading<'_> {
    /// Gives all units. The number of units given so far; an error says where reading ended.
    pub(crate) fn run(&mut self) -> Result<u64, String> {
        let name = self.source.path.to_string_lossy().into_owned();
        let is_archive = !matches!(self.source.content, Inside::Document(_));
        if !is_archive && !self.is_of_pass(&name) {
            return Ok(self.number);
        }
        let file = File::open(&self.source.path).map_err(|error| error.to_string())?;
        if self.source.content == Inside::Zip {
            self.zip(file, &name)?;
            return Ok(self.number);
        }
        // An archive is read once in each pass; its bytes count once.
        let is_counted = !is_archive || self.pass == Pass::Rest;
        let counted = Counted { inner: file, count: is_counted.then_some(self.bytes_read) };
        let unpacked = unpack(self.source.packing, counted)?;
        match self.source.content {
            Inside::Document(form) => self.document(unpacked, Arc::from(name), form).map(|_| ())?,
            Inside::Tar | Inside::Zip => self.tar(unpacked, &name)?,
        }
        Ok(self.number)
    }

    fn is_of_pass(&self, name: &str) -> bool {
        is_first(name) == (self.pass == Pass::First)
    }

    /// Gives a unit; false to stop.
    fn unit(&mut self, name: &Arc<str>, line: Option<u64>, form: Form, text: Vec<u8>) -> bool {
        let number = self.number;
        self.number += 1;
        if number < self.skip {
            return true;
        }
        (self.give)(Unit { source: self.index, number, name: name.clone(), line, form, text })
    }

    fn document(
        &mut self,
        mut reader: impl Read,
        name: Arc<str>,
        form: Form,
    ) -> Result<bool, String> {
        if form == Form::Lines {
            return self.lines(BufReader::with_capacity(BUFFER_BYTES, reader), &name);
        }
        let mut text = Vec::new();
        let limited = reader.by_ref().take(UNIT_BYTES_MAX + 1);
        BufReader::with_capacity(BUFFER_BYTES, limited)
            .read_to_end(&mut text)
            .map_err(|error| error.to_string())?;
        if text.len() as u64 > UNIT_BYTES_MAX {
            return Err(too_long());
        }
        Ok(self.unit(&name, None, form, text))
    }

    fn lines(&mut self, mut reader: impl BufRead, name: &Arc<str>) -> Result<bool, String> {
        for line in 1.. {
            let mut text = Vec::new();
            let read = reader
                .by_ref()
                .take(UNIT_BYTES_MAX + 1)
                .read_until(b'\n', &mut text)
                .map_err(|error| format!("line {line}: {error}"))?;
            if read == 0 {
                break;
            }
            if read as u64 > UNIT_BYTES_MAX {
                return Err(format!("line {line}: {}", too_long()));
            }
            let is_blank = text.iter().all(u8::is_ascii_whitespace);
            if !is_blank && !self.unit(name, Some(line), Form::Json, text) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn tar(&mut self, reader: impl Read, archive: &str) -> Result<(), String> {
        let wrong = |error: std::io::Error| format!("the archive is broken: {error}");
        let mut tar = tar::Archive::new(reader);
        for (count, entry) in tar.entries().map_err(wrong)?.enumerate() {
            let entry = entry.map_err(wrong)?;
            check_count(count)?;
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            // Nothing is written to where an entry says it belongs, so its path is only a name.
            if entry.header().entry_type().is_file() && !self.entry(entry, archive, &path)? {
                break;
            }
        }
        Ok(())
    }

    fn zip(&mut self, file: File, archive: &str) -> Result<(), String> {
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let wrong = |error: zip::result::ZipError| format!("the archive is broken: {error}");
        let mut zip = zip::ZipArchive::new(BufReader::new(file)).map_err(wrong)?;
        check_count(zip.len())?;
        for index in 0..zip.len() {
            let entry = zip.by_index(index).map_err(wrong)?;
            let path = entry.name().to_owned();
            if entry.is_file() && !self.entry(entry, archive, &path)? {
                break;
            }
        }
        if self.pass == Pass::Rest {
            self.bytes_read.fetch_add(length, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Reads one file of an archive; false to stop.
    fn entry(&mut self, reader: impl Read, archive: &str, path: &str) -> Result<bool, String> {
        let (packing, inner) = packing(path);
        let base = inner.rsplit('/').next().unwrap_or(inner);
        let Some(form) = form(base).filter(|_| !base.starts_with('.')) else { return Ok(true) };
        if !self.is_of_pass(path) {
            return Ok(true);
        }
        let name = Arc::from(format!("{archive}!{path}"));
        self.document(unpack(packing, reader)?, name, form)
            .map_err(|error| format!("{path}: {error}"))
    }
}

fn too_long() -> String {
    format!("it is longer than {UNIT_BYTES_MAX} bytes")
}

fn check_count(count: usize) -> Result<(), String> {
    if count > ENTRIES_MAX {
        return Err(format!("the archive has more than {ENTRIES_MAX} entries"));
    }
    Ok(())
}

/// A reader of what was packed.
fn unpack<'r>(packing: Packing, reader: impl Read + 'r) -> Result<Box<dyn Read + 'r>, String> {
    Ok(match packing {
        Packing::Plain => Box::new(reader),
        Packing::Gzip => {
            let buffered = BufReader::with_capacity(BUFFER_BYTES, reader);
            Box::new(flate2::bufread::MultiGzDecoder::new(buffered))
        }
        Packing::Zstd => Box::new(zstd::Decoder::new(reader).map_err(|error| error.to_string())?),
    })
}

/// Counts what passes through.
struct Counted<'a, R> {
    inner: R,
    count: Option<&'a AtomicU64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if let Some(count) = self.count {
            count.fetch_add(read as u64, Ordering::Relaxed);
        }
        Ok(read)
    }
}
