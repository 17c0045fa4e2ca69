//! As much of MongoDB's wire protocol as tests need: one command over a connection of its own.
//! <https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/>

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Map, Number, Value};

const OP_MSG: i32 = 2013;

/// No answer of the tests' commands is longer.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Sends a command to a server and gives its answer. Values that JSON does not have come back as
/// null.
///
/// # Errors
/// When the server does not answer in time, or answers with an error.
pub(crate) fn command(address: &str, command: &Value, time_max: Duration) -> Result<Value> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(time_max))?;
    stream.write_all(&message(command)?)?;
    let mut head = [0; 21];
    stream.read_exact(&mut head)?;
    let length = usize::try_from(number(&head, 0)?).map_err(|_| broken())?;
    // Header, flags and the kind of the one section come before the document.
    if !(head.len()..ANSWER_BYTES_MAX).contains(&length) || number(&head, 12)? != OP_MSG {
        return Err(broken());
    }
    let mut document = vec![0; length - head.len()];
    stream.read_exact(&mut document)?;
    let answer = Value::Object(Reader { bytes: &document, at: 0 }.document()?);
    if answer["ok"].as_f64() == Some(1.0) {
        return Ok(answer);
    }
    Err(Error::other(format!("{command}: {answer}")))
}

fn message(command: &Value) -> Result<Vec<u8>> {
    let mut message = vec![0; 12];
    message.extend(OP_MSG.to_le_bytes());
    message.extend([0; 5]);
    message.extend(document(command)?);
    let length = i32::try_from(message.len()).map_err(|_| broken())?;
    message[..4].copy_from_slice(&length.to_le_bytes());
    Ok(message)
}

/// An object or a list in BSON.
fn document(value: &Value) -> Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    match value {
        Value::Object(members) => {
            members.iter().try_for_each(|(name, value)| element(name, value, &mut bytes))?;
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                element(&index.to_string(), value, &mut bytes)?;
            }
        }
        _ => return Err(broken()),
    }
    bytes.push(0);
    let length = i32::try_from(bytes.len()).map_err(|_| broken())?;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

fn element(name: &str, value: &Value, bytes: &mut Vec<u8>) -> Result<()> {
    let (kind, content) = match value {
        Value::Null => (0x0a, Vec::new()),
        Value::Bool(value) => (0x08, vec![u8::from(*value)]),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => (0x12, whole.to_le_bytes().to_vec()),
            None => (0x01, number.as_f64().unwrap_or_default().to_le_bytes().to_vec()),
        },
        Value::String(text) => {
            let length = i32::try_from(text.len() + 1).map_err(|_| broken())?;
            (0x02, [&length.to_le_bytes(), text.as_bytes(), &[0]].concat())
        }
        Value::Array(_) => (0x04, document(value)?),
        Value::Object(_) => (0x03, document(value)?),
    };
    bytes.push(kind);
    bytes.extend(name.as_bytes());
    bytes.push(0);
    bytes.extend(content);
    Ok(())
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Map<String, Value>> {
        self.take(4)?;
        let mut members = Map::new();
        loop {
            let kind = self.take(1)?[0];
            if kind == 0 {
                return Ok(members);
            }
            let name = self.name()?;
            let value = self.value(kind)?;
            members.insert(name, value);
        }
    }

    fn value(&mut self, kind: u8) -> Result<Value> {
        Ok(match kind {
            0x01 => {
                let bits = self.long()?.to_le_bytes();
                Number::from_f64(f64::from_le_bytes(bits)).map_or(Value::Null, Value::Number)
            }
            0x02 => {
                let length = self.length()?;
                let text = self.take(length)?;
                let text = text.strip_suffix(&[0]).unwrap_or(text);
                Value::String(String::from_utf8_lossy(text).into_owned())
            }
            0x03 => Value::Object(self.document()?),
            0x04 => Value::Array(self.document()?.into_iter().map(|(_, value)| value).collect()),
            0x05 => {
                let length = self.length()?;
                self.skipped(length + 1)?
            }
            0x07 => self.skipped(12)?,
            0x08 => Value::Bool(self.take(1)?[0] == 1),
            0x10 => Value::from(number(self.take(4)?, 0)?),
            0x12 => Value::from(self.long()?),
            0x09 | 0x11 => self.skipped(8)?,
            0x0a => Value::Null,
            0x13 => self.skipped(16)?,
            _ => return Err(broken()),
        })
    }

    fn skipped(&mut self, length: usize) -> Result<Value> {
        self.take(length).map(|_| Value::Null)
    }

    fn name(&mut self) -> Result<String> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|byte| *byte == 0).ok_or_else(broken)?;
        let name = String::from_utf8_lossy(&rest[..end]).into_owned();
        self.at += end + 1;
        Ok(name)
    }

    fn length(&mut self) -> Result<usize> {
        usize::try_from(number(self.take(4)?, 0)?).map_err(|_| broken())
    }

    fn long(&mut self) -> Result<i64> {
        let bytes = self.take(8)?;
        Ok(i64::from_le_bytes(bytes.try_into().map_err(|_| broken())?))
    }

    fn take(&mut self, length: usize) -> Result<&[u8]> {
        let found = self.bytes.get(self.at..self.at + length).ok_or_else(broken)?;
        self.at += length;
        Ok(found)
    }
}

/// The whole number at this place.
fn number(bytes: &[u8], at: usize) -> Result<i32> {
    let found = bytes.get(at..at + 4).ok_or_else(broken)?;
    Ok(i32::from_le_bytes(found.try_into().map_err(|_| broken())?))
}

fn broken() -> Error {
    Error::new(ErrorKind::InvalidData, "no message of MongoDB's protocol")
}

#[cfg(test)]
mod tests {
    use super::{Reader, document};
    use serde_json::{Value, json};

    #[test]
    fn what_is_written_is_read_back() {
        let value = json!({"ping": 1, "a": ["x", {"b": true, "c": null}], "d": 1.5, "$db": "t"});
        let bytes = document(&value).unwrap();
        assert_eq!(Value::Object(Reader { bytes: &bytes, at: 0 }.document().unwrap()), value);
        for end in 0..bytes.len() {
            assert!(Reader { bytes: &bytes[..end], at: 0 }.document().is_err(), "{end}");
        }
    }
}
