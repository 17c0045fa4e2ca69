//! The MongoDB backend.

mod settings;

pub use settings::MongoSettings;
